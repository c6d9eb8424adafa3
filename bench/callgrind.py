"""Instructions that a request takes in httpd, as valgrind's callgrind counts them.

One httpd process (-X) on a single kept-alive connection. Only what httpd does for connections is
counted. Between two marks, at which callgrind writes down what it has counted and begins anew, httpd
gets requests of one kind: how it starts, warms up and ends does not matter, and hardly what else the
machine does.
"""

from __future__ import annotations

import collections
import itertools
import pathlib
import re
import shutil
from typing import Sequence

from programs import Bench, Failure

FEW = 200  # to warm up
MANY = 1000
LIMIT_S = 900  # of one run, on a machine that does much else
# httpd calls a function for it that it calls for nothing else here.
MARK = b"OPTIONS /static.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
MARKING_FUNCTION = "ap_send_http_options"


class Profile:
    """What functions took. A function is a pair of the object that it is in and its name."""

    def __init__(self) -> None:
        self.own: collections.Counter = collections.Counter()
        # (caller, callee) -> what the callee took with everything that it called
        self.calls: collections.Counter = collections.Counter()

    def total(self) -> float:
        return sum(self.own.values())

    def within(self, pattern: str) -> float:
        """What the functions took whose name begins so, with everything that they called."""
        starts = re.compile(
            rf"(unsigned long )?(crowd_confluence::)?(httpd::)?(\(anonymous namespace\)::)?{pattern}\b"
        )
        return sum(
            instructions
            for (caller, callee), instructions in self.calls.items()
            if starts.match(callee[1]) and not starts.match(caller[1])
        )

    def called_by(self, caller_pattern: str, callee_pattern: str) -> float:
        return sum(
            instructions
            for (caller, callee), instructions in self.calls.items()
            if re.search(caller_pattern, caller[1]) and re.search(callee_pattern, callee[1])
        )


def modules_for(configuration: str) -> list[str]:
    ours = ["crowd_confluence"] if "CrowdConfluence" in configuration else []
    rewrite = ["rewrite"] if "RewriteEngine" in configuration else []
    return ["proxy", "proxy_http", *rewrite, *ours]


def per_request(
    bench: Bench,
    mpm: str,
    configuration: str,
    batches: Sequence[Sequence[bytes]],
    few: int = FEW,
    many: int = MANY,
) -> list[Profile]:
    """What a request of each batch takes; of a batch, one is sent after the other, over again."""
    configuration += '<Location "/static.txt">\nProxyPass "!"\n</Location>\n'
    out = bench.folder / "callgrind" / "out"
    out.parent.mkdir()
    out.parent.chmod(0o777)  # httpd has ceased to be root when callgrind writes
    valgrind = [
        "valgrind",
        "--tool=callgrind",
        f"--callgrind-out-file={out}",
        "--vgdb=no",
        "--collect-atstart=no",
        "--toggle-collect=ap_run_process_connection",
        f"--dump-before={MARKING_FUNCTION}",
    ]
    requests = []
    for batch in batches:
        each = itertools.cycle(batch)
        requests += [*itertools.islice(each, few), MARK, *itertools.islice(each, many), MARK]
    with bench.httpd_running(
        modules_for(configuration), configuration, mpm=mpm, arguments=["-X"], under=valgrind
    ) as httpd:
        report = httpd.load(requests, len(requests), limit_s=LIMIT_S)
        if report["status"] != {"200": len(requests)} or report["resent"]:
            raise Failure(f"not all requests were answered with 200: {report}")
        # Every second mark ends a batch, the others what was to warm up.
        profiles = [
            _read_profile(out.with_name(f"out.{2 * number}"), many)
            for number in range(1, len(batches) + 1)
        ]
    shutil.rmtree(out.parent)
    return profiles


def _read_profile(out: pathlib.Path, requests: int) -> Profile:
    """Of one of so many requests. callgrind_annotate leaves out which object an inlined function is in."""
    profile = Profile()
    names: dict[str, dict[str, str]] = {"ob": {}, "fn": {}}
    now = {"ob": "", "fn": ""}
    callee = {"ob": "", "fn": ""}
    is_of_a_call = False
    for line in out.read_text(errors="replace").splitlines():
        if match := re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$", line):
            called, kind, number, name = match.groups()
            if name is not None:
                names[kind][number] = name
            if called:
                callee[kind] = names[kind][number]
            else:
                now[kind] = callee[kind] = names[kind][number]
        elif line.startswith("calls="):
            is_of_a_call = True
        elif match := re.match(r"[+*\d-]\S* (\d+)$", line):
            if is_of_a_call:
                caller = (now["ob"], now["fn"])
                profile.calls[caller, (callee["ob"], callee["fn"])] += int(match[1]) / requests
                callee["ob"] = now["ob"]  # holds for one call, if it is said
            else:
                profile.own[now["ob"], now["fn"]] += int(match[1]) / requests
            is_of_a_call = False
    if not profile.own:
        raise Failure("callgrind tells nothing")
    return profile
