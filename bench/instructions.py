"""Instructions per request, over plain mod_proxy with the same final headers."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Sequence

import details
from callgrind import FEW, MANY, Profile, modules_for, per_request
from programs import Bench, Failure, Httpd, Simulator, request

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
            where = details.tables(hit, miss, base)
    return [
        "| request | MPM | instructions | over plain mod_proxy | at most |",
        "|---|---|---:|---:|---:|",
        *rows,
        "",
        *measure_hits(bench),
        "",
        f"The tables below are those of {MPMS[0]}, over plain mod_proxy.",
        *where,
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
            sent_to_plain = with_sessions(bench, ours, plain, browsers)
            ours_took = per_request(bench, MPMS[0], ours, [[each] for each in browsers])
            plain_took = per_request(
                bench, MPMS[0], plain, [[each] for each in [*sent_to_plain, browsers[0]]]
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


def with_sessions(
    bench: Bench, ours: str, plain: str, browsers: Sequence[bytes]
) -> list[bytes]:
    """The requests whose final headers by plain mod_proxy are those of `browsers` by the module."""
    with contextlib.ExitStack() as stack:
        with_module, without = (
            stack.enter_context(bench.httpd_running(modules_for(each), each)) for each in (ours, plain)
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
