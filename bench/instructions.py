"""Instructions per request, over plain mod_proxy with the same final headers.

One httpd process (prefork, -X) under callgrind, on a single kept-alive connection. Each variant
runs twice, with few requests and with many; the difference of the two is what the additional
requests took, without start, warm-up and end. Instruction counts do not depend on what else the
machine does.
"""

from __future__ import annotations

import collections
import pathlib
import re
from typing import Sequence

from programs import Bench, Failure, request

FEW = 100
MANY = 600

# A session that is proven for this long is not renewed while valgrind takes its time.
OURS = """
CrowdConfluence On
CrowdConfluenceURL {url} timeout=60
CrowdConfluenceSessionTTL 1h
"""

# A browser's other cookies.
OTHER_COOKIES = "_ga=GA1.1.123456789.1700000000; theme=dark"

# (object, function) -> instructions per request
Costs = collections.Counter

# What a function of each object is about. The first that fits counts.
GROUPS = (
    ("the module", r"mod_crowd_confluence\.so"),
    ("core", r"libcrowd_confluence\.so"),
    ("libsodium: hash of the visitor", r"libsodium"),
    ("libcurl: the exchange", r"libcurl|libnghttp2|libssl|libcrypto"),
    ("httpd and its modules", r"apache2|httpd|/mod_[a-z_]+\.so"),
    ("APR: tables, pools", r"libapr"),
    ("C library: heap", r"lib(c\.so|c-).*:.*(malloc|free|calloc|realloc|_int_|unlink_chunk)"),
    ("C library: strings, memory and system calls", r"libc\.so|libc-|ld-linux|libpthread|vdso|\?\?\?"),
    ("C++ library", r"libstdc\+\+"),
)


def measure(bench: Bench) -> list[str]:
    with bench.backend() as app, bench.simulator() as simulator:
        tokens = [simulator.log_in() for _ in range(MANY)]
        browsers = [request("/app", f"{OTHER_COOKIES}; crowd.token_key={each}") for each in tokens]
        ours = _location(app, OURS.format(url=simulator.confluence))
        plain = _location(app, "")
        with_session = _with_session(bench, ours, plain, browsers[0])

        base = _per_request(bench, plain, [with_session])
        hit = _per_request(bench, ours, browsers[:1])
        before = simulator.exchanges()
        miss = _per_request(bench, ours, browsers)
        if simulator.exchanges() - before != FEW + MANY:
            raise Failure("not every request for a miss was one")
    lines = [
        "| request | instructions | over plain mod_proxy | to reach |",
        "|---|---:|---:|---:|",
        f"| plain mod_proxy | {sum(base.values()):,.0f} | | |",
    ]
    for name, costs, most in (("hit", hit, "3,000"), ("miss, kept-alive connection", miss, "80,000")):
        more = sum(costs.values()) - sum(base.values())
        lines.append(f"| {name} | {sum(costs.values()):,.0f} | {more:,.0f} | {most} |")
    return (
        lines
        + _where(hit, miss, base)
        + _functions("hit", hit, base)
        + _functions("miss", miss, base)
    )


def _location(app: int, settings: str) -> str:
    return f'<Location "/">\nProxyPass "http://127.0.0.1:{app}/"\n{settings}\n</Location>\n'


def _modules(configuration: str) -> list[str]:
    ours = ["crowd_confluence"] if "CrowdConfluence" in configuration else []
    return ["proxy", "proxy_http", *ours]


def _with_session(bench: Bench, ours: str, plain: str, browser: bytes) -> bytes:
    """The request whose final headers by plain mod_proxy are those of `browser` by the module."""
    ask = browser.replace(b"/app", b"/echo", 1)
    with bench.httpd_running(_modules(ours), ours) as httpd:
        expected = _body(httpd.answer_to(ask))
    cookies = re.search(rb"^Cookie: (.*?)\r$", expected, re.MULTILINE)
    if cookies is None or b"JSESSIONID=" not in cookies[1]:
        raise Failure("the app was given no session")
    def with_cookies(text: bytes) -> bytes:
        return re.sub(rb"\r\nCookie: [^\r]*", lambda _: b"\r\nCookie: " + cookies[1], text)

    with bench.httpd_running(_modules(plain), plain) as httpd:
        seen = _body(httpd.answer_to(with_cookies(ask)))
    port = rb"X-Forwarded-Host: [^\r]*|Host: [^\r]*"
    if sorted(re.sub(port, b"", seen).split(b"\r\n")) != sorted(
        re.sub(port, b"", expected).split(b"\r\n")
    ):
        raise Failure("the app does not receive the same headers from plain mod_proxy")
    return with_cookies(browser)


def _body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def _per_request(bench: Bench, configuration: str, requests: Sequence[bytes]) -> Costs:
    costs: Costs = Costs()
    for count, sign in ((MANY, 1), (FEW, -1)):
        for place, instructions in _run(bench, configuration, requests, count).items():
            costs[place] += sign * instructions / (MANY - FEW)
    return costs


def _run(bench: Bench, configuration: str, requests: Sequence[bytes], count: int) -> Costs:
    out = bench.folder / "callgrind.out"
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--vgdb=no"]
    with bench.httpd_running(
        _modules(configuration), configuration, mpm="prefork", arguments=["-X"], under=valgrind
    ) as httpd:
        out.chmod(0o666)  # made before httpd ceased to be root, written after
        report = httpd.load(requests, count, limit_s=300)
        if report["status"] != {"200": count}:
            raise Failure(f"not all requests were answered with 200: {report}")
    costs = _read_costs(out)
    out.unlink()
    return costs


def _read_costs(out: pathlib.Path) -> Costs:
    """What each function took itself. callgrind_annotate leaves out what an inlined one is in."""
    costs: Costs = Costs()
    names: dict[str, dict[str, str]] = {"ob": {}, "fn": {}}
    now = {"ob": "", "fn": ""}
    is_of_a_call = False
    for line in out.read_text(errors="replace").splitlines():
        if match := re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$", line):
            called, kind, number, name = match.groups()
            if name is not None:
                names[kind][number] = name
            if not called:
                now[kind] = names[kind][number]
        elif line.startswith("calls="):
            is_of_a_call = True
        elif match := re.match(r"[+*\d-]\S* (\d+)$", line):
            if not is_of_a_call:
                costs[now["ob"], now["fn"]] += int(match[1])
            is_of_a_call = False
    if not costs:
        raise Failure("callgrind tells nothing")
    return costs


def _group(place: tuple[str, str]) -> str:
    text = ":".join(place)
    return next((name for name, pattern in GROUPS if re.search(pattern, text)), "other")


def _where(hit: Costs, miss: Costs, base: Costs) -> list[str]:
    by_group: dict[str, list[float]] = {name: [0, 0] for name, _ in GROUPS}
    for column, costs in enumerate((hit, miss)):
        for place in costs.keys() | base.keys():
            by_group.setdefault(_group(place), [0, 0])[column] += costs[place] - base[place]
    lines = ["", "Where they go:", "", "| | hit | miss |", "|---|---:|---:|"]
    lines += [f"| {name} | {a:,.0f} | {b:,.0f} |" for name, (a, b) in by_group.items()]
    return lines


def _functions(name: str, costs: Costs, base: Costs, most: int = 15) -> list[str]:
    """The functions that take most more, with what they are in."""
    more: Costs = Costs()
    for place in costs.keys() | base.keys():
        more[pathlib.Path(place[0]).name, _short(place[1])] += costs[place] - base[place]
    lines = ["", f"The functions that take most in a {name}:", "", "| function | more |", "|---|---:|"]
    for (file, function), number in more.most_common(most):
        lines.append(f"| {function} in {file} | {number:,.0f} |")
    return lines


def _short(function: str) -> str:
    if function.startswith("0x"):
        return "functions without a name"
    function = function.replace("(anonymous namespace)::", "")
    return "`" + re.sub(r"[<(].*|\[abi:.*|'\d+$", "", function).rpartition(" ")[2] + "`"
