"""Instructions per request, over plain mod_proxy with the same final headers.

One httpd process (-X) under callgrind, on a single kept-alive connection. Only what httpd does for
connections is counted. Between two marks, at which callgrind writes down what it has counted and
begins anew, it gets requests of one kind: how it starts, warms up and ends does not matter, and
hardly what else the machine does.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
import pathlib
import re
import shutil
from typing import Sequence

from programs import Bench, Failure, Httpd, Simulator, request

FEW = 200  # to warm up
MANY = 1000
LIMIT_S = 900  # of one run, on a machine that does much else
# httpd calls a function for it that it calls for nothing else here.
MARK = b"OPTIONS /static.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
MARKING_FUNCTION = "ap_send_http_options"
MPMS = ("event", "prefork")

# A session that is proven for this long is not renewed while valgrind takes its time.
OURS = """
CrowdConfluence On
CrowdConfluenceURL {url} timeout=60
CrowdConfluenceSessionTTL 1h
"""

# A browser's other cookies.
OTHER_COOKIES = "_ga=GA1.1.123456789.1700000000; theme=dark"
OWN_SESSION = "JSESSIONID=00112233445566778899AABBCCDDEEFF"
THIRTY_COOKIES = "; ".join(f"preference_{i}=a-value-of-some-length" for i in range(30))
NAMES_LIKE_OURS = "; ".join(f"JSESSIONID{i:03}=0123456789abcdef" for i in range(150))
MOST_PER_BYTE = 8


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


# What a function of each object is about. The first that fits counts.
GROUPS = (
    ("the module", r"mod_crowd_confluence\.so"),
    ("core, with Boost.JSON and Boost.Beast", r"libcrowd_confluence\.so"),
    ("libsodium: the visitor's hash", r"libsodium"),
    ("libcurl", r"libcurl|libnghttp2|libssl|libcrypto"),
    ("httpd and its modules", r"apache2|httpd|/mod_[a-z_]+\.so"),
    ("APR: tables, pools", r"libapr"),
    ("C library: heap", r"lib(c\.so|c-).*:.*(malloc|free|calloc|realloc|_int_|unlink_chunk)"),
    ("C library: all else", r"libc\.so|libc-|ld-linux|libpthread|vdso|\?\?\?"),
    ("C++ library", r"libstdc\+\+"),
)


@dataclasses.dataclass(frozen=True)
class Hit:
    """A request of a remembered visitor."""

    name: str
    most: int
    cookies: str = OTHER_COOKIES
    path: str = "/app"
    is_redirected: bool = False


HITS = (
    Hit("hit, two other cookies", 3500),
    Hit("and the browser has a `JSESSIONID` of its own", 4500, f"{OTHER_COOKIES}; {OWN_SESSION}"),
    Hit(
        "and 30 more cookies",
        9000,
        f"{OTHER_COOKIES}; {OWN_SESSION}; {THIRTY_COOKIES}",
    ),
    Hit(
        "150 more cookies whose names begin as ours do",
        3500 + MOST_PER_BYTE * len(NAMES_LIKE_OURS),
        f"{OTHER_COOKIES}; {NAMES_LIKE_OURS}",
    ),
    Hit("the app sets a cookie of 32 bytes", 5000, path="/set-cookie/1/32"),
    Hit("the app sets ten", 20000, path="/set-cookie/10/32"),
    Hit("the app sets a cookie of 1 kB", 6000, path="/set-cookie/1/1024"),
    Hit("after an internal redirect", 6000, path="/redirected", is_redirected=True),
)


def measure(bench: Bench) -> list[str]:
    rows = []
    for mpm in MPMS:
        with bench.backend() as app, bench.simulator() as simulator:
            base, hit, miss = _profiles(bench, mpm, app, simulator)
        rows.append(f"| plain mod_proxy | {mpm} | {base.total():,.0f} | | |")
        for name, profile, most in (("hit", hit, "3,500"), ("miss", miss, "40,000")):
            more = profile.total() - base.total()
            rows.append(f"| {name} | {mpm} | {profile.total():,.0f} | {more:,.0f} | {most} |")
        if mpm == MPMS[0]:
            details = (
                _where(hit, miss, base)
                + _objects(hit, miss, base)
                + _functions("hit", hit, base)
                + _functions("miss", miss, base)
            )
    return [
        "| request | MPM | instructions | over plain mod_proxy | at most |",
        "|---|---|---:|---:|---:|",
        *rows,
        "",
        *measure_hits(bench),
        "",
        f"The tables below are those of {MPMS[0]}, over plain mod_proxy.",
        *details,
    ]


def measure_hits(bench: Bench) -> list[str]:
    """Requests as people have them."""
    lines = [
        f"| hit ({MPMS[0]}) | over plain mod_proxy | at most |",
        "|---|---:|---:|",
    ]
    with bench.backend() as app, bench.simulator() as simulator:
        settings = OURS.format(url=simulator.confluence)
        token = simulator.log_in()
        more = {}
        for place in (location, _redirected):
            hits = [hit for hit in HITS if (place is _redirected) == hit.is_redirected]
            browsers = [
                request(hit.path, f"{hit.cookies}; crowd.token_key={token}") for hit in hits
            ]
            ours, plain = place(app, settings), place(app, "")
            with_sessions = with_sessions(bench, ours, plain, browsers)
            ours_took = per_request(bench, MPMS[0], ours, [[each] for each in browsers])
            plain_took = per_request(
                bench, MPMS[0], plain, [[each] for each in [*with_sessions, browsers[0]]]
            )
            for hit, mine, others in zip(hits, ours_took, plain_took):
                more[hit] = mine.total() - others.total()
            if place is location:
                more_than_browsers = ours_took[0].total() - plain_took[-1].total()
    lines += [f"| {hit.name} | {more[hit]:,.0f} | {hit.most:,} |" for hit in HITS]
    return lines + [
        "| the first one, over plain mod_proxy with the same *browser's* request | "
        f"{more_than_browsers:,.0f} | |"
    ]


def _profiles(bench: Bench, mpm: str, app: int, simulator: Simulator) -> list[Profile]:
    """Of plain mod_proxy, of hits and of misses."""
    tokens = [simulator.log_in() for _ in range(FEW + MANY)]
    browsers = [browser_of(each) for each in tokens]
    ours = location(app, OURS.format(url=simulator.confluence))
    plain = location(app, "")
    base = per_request(
        bench, mpm, plain, [with_sessions(bench, ours, plain, browsers[:1])]
    )
    before = simulator.exchanges()
    # The last one of all is known when its turn comes.
    miss, hit = per_request(bench, mpm, ours, [browsers, browsers[-1:]])
    if simulator.exchanges() - before != FEW + MANY:
        raise Failure("not every request for a miss was one")
    return [*base, hit, miss]


def browser_of(token: str) -> bytes:
    return request("/app", f"{OTHER_COOKIES}; crowd.token_key={token}")


def location(app: int, settings: str) -> str:
    return f'<Location "/">\nProxyPass "http://127.0.0.1:{app}/"\n{settings}\n</Location>\n'


def _redirected(app: int, settings: str) -> str:
    """mod_rewrite redirects internally what it changes in a directory."""
    return (
        f"{settings}\nProxyPass /app http://127.0.0.1:{app}/app\n"
        f"ProxyPass /echo http://127.0.0.1:{app}/echo\n"
        "<Directory ${HTDOCS}>\nRewriteEngine On\n"
        "RewriteRule ^redirected$ /app\nRewriteRule ^echoed$ /echo\n</Directory>\n"
    )


def _modules(configuration: str) -> list[str]:
    ours = ["crowd_confluence"] if "CrowdConfluence" in configuration else []
    rewrite = ["rewrite"] if "RewriteEngine" in configuration else []
    return ["proxy", "proxy_http", *rewrite, *ours]


def with_sessions(
    bench: Bench, ours: str, plain: str, browsers: Sequence[bytes]
) -> list[bytes]:
    """The requests whose final headers by plain mod_proxy are those of `browsers` by the module."""
    with contextlib.ExitStack() as stack:
        with_module, without = (
            stack.enter_context(bench.httpd_running(_modules(each), each)) for each in (ours, plain)
        )
        return [_with_session(with_module, without, browser) for browser in browsers]


def _with_session(with_module: Httpd, without: Httpd, browser: bytes) -> bytes:
    path = browser.split(b" ", 2)[1]
    ask = browser.replace(path, b"/echoed" if path == b"/redirected" else b"/echo", 1)
    expected = _body(with_module.answer_to(ask))
    cookies = re.search(rb"^Cookie: (.*?)\r$", expected, re.MULTILINE)
    if cookies is None or b"JSESSIONID=" not in cookies[1]:
        raise Failure("the app was given no session")

    def with_cookies(text: bytes) -> bytes:
        return re.sub(rb"\r\nCookie: [^\r]*", lambda _: b"\r\nCookie: " + cookies[1], text)

    seen = _body(without.answer_to(with_cookies(ask)))
    port = rb"X-Forwarded-Host: [^\r]*|Host: [^\r]*"
    if sorted(re.sub(port, b"", seen).split(b"\r\n")) != sorted(
        re.sub(port, b"", expected).split(b"\r\n")
    ):
        raise Failure("the app does not receive the same headers from plain mod_proxy")
    return with_cookies(browser)


def _body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


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
        _modules(configuration), configuration, mpm=mpm, arguments=["-X"], under=valgrind
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


def _parts(profile: Profile) -> dict[str, float]:
    """The module's work, step by step. What the compiler has inlined counts where it went."""
    fixup = profile.within("fix_up_request")
    take_apart = profile.within("RequestHeaders::take_apart")
    put_together = profile.within("RequestHeaders::put_together")
    find = profile.within("SessionBroker::find")
    key = profile.within("VisitorHash::key_of")
    read = profile.within("SessionBroker::Impl::find_in_table")
    exchange = profile.within("ConfluenceClient::exchange")
    judge = profile.within("judge")
    parsing = profile.within("JsonObject::parse") + profile.within("JsonObject::~JsonObject")
    reading = profile.within(r"ResponseReader::\S*")
    sending_and_waiting = profile.within("HttpConnection::(send|receive|is_stale)")
    response = profile.within("insert_response_filter") + (
        profile.within("filter_response") - profile.called_by("filter_response", "^ap_pass_brigade")
    )
    return {
        "the browser's headers are taken apart": take_apart,
        "the visitor's key is hashed": key,
        "the table is read": read,
        "who asks? breaker, limit, lease; the table is written": find - key - read - exchange,
        "libcurl sends the request, waits and receives": sending_and_waiting,
        "Beast reads the answer": reading,
        "its JSON is parsed": parsing,
        "is it a session? its cookies": judge - parsing,
        "the request to Confluence is made; small things": exchange
        - judge
        - reading
        - sending_and_waiting,
        "the app's headers are put together": put_together,
        "the rest of the fixup: variables, which Confluence": fixup
        - take_apart
        - put_together
        - find,
        "the response is looked at": response,
    }


def _where(hit: Profile, miss: Profile, base: Profile) -> list[str]:
    rows = list(zip(_parts(hit).items(), _parts(miss).values()))
    lines = ["", "| step | hit | miss |", "|---|---:|---:|"]
    lines += [f"| {name} | {a:,.0f} | {b:,.0f} |" for (name, a), b in rows]
    rest = [
        each.total() - base.total() - sum(_parts(each).values()) for each in (hit, miss)
    ]
    return lines + [f"| httpd around it | {rest[0]:,.0f} | {rest[1]:,.0f} |"]


def _group(place: tuple[str, str]) -> str:
    text = ":".join(place)
    return next((name for name, pattern in GROUPS if re.search(pattern, text)), "other")


def _objects(hit: Profile, miss: Profile, base: Profile) -> list[str]:
    by_group: dict[str, list[float]] = {name: [0, 0] for name, _ in GROUPS}
    for column, profile in enumerate((hit, miss)):
        for place in profile.own.keys() | base.own.keys():
            group = by_group.setdefault(_group(place), [0, 0])
            group[column] += profile.own[place] - base.own[place]
    lines = ["", "| code of | hit | miss |", "|---|---:|---:|"]
    return lines + [f"| {name} | {a:,.0f} | {b:,.0f} |" for name, (a, b) in by_group.items()]


def _functions(name: str, profile: Profile, base: Profile, most: int = 12) -> list[str]:
    """The functions that take most more, without what they call."""
    more: collections.Counter = collections.Counter()
    for place in profile.own.keys() | base.own.keys():
        file = pathlib.Path(place[0]).name
        more[file, _short(place[1])] += profile.own[place] - base.own[place]
    lines = ["", f"| function that takes most in a {name} | |", "|---|---:|"]
    for (file, function), number in more.most_common(most):
        lines.append(f"| {function} in {file} | {number:,.0f} |")
    return lines


def _short(function: str) -> str:
    if function.startswith("0x"):
        return "functions without a name"
    function = re.sub(r"crowd_confluence::|\(anonymous namespace\)::", "", function)
    return "`" + re.sub(r"[<(].*|\[abi:.*|'\d+$", "", function).rpartition(" ")[2] + "`"
