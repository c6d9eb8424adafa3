"""Many at once: first requests while Confluence is slow, and any while it does not answer at all."""

from __future__ import annotations

import statistics
import time

from programs import PATIENCE, Bench, Failure, Httpd, request

CLIENTS = 100
DELAY_MS = 200
ROUNDS = 5

CHILDREN = 8
THREADS = 32
# Half of the workers may wait for Confluence: 128, unless `max` says otherwise.
WORKERS = CHILDREN * THREADS
EVENT = f"""
StartServers {CHILDREN}
ServerLimit {CHILDREN}
ThreadsPerChild {THREADS}
MaxRequestWorkers {WORKERS}
MinSpareThreads 1
MaxSpareThreads {WORKERS}
"""
PREFORK_CHILDREN = 120
PREFORK = f"""
StartServers {PREFORK_CHILDREN}
ServerLimit {WORKERS}
MaxRequestWorkers {WORKERS}
MinSpareServers 1
MaxSpareServers {WORKERS}
"""
# The status tells what came of it: 200 is a session, whatever the app says.
LOCATION = """
<Location "/app">
  ProxyPass "http://127.0.0.1:{app}/app"
  CrowdConfluence On
  CrowdConfluenceURL {url} {parameters}
  CrowdConfluenceWhen missing 401
  CrowdConfluenceWhen rejected 403
  CrowdConfluenceWhen unavailable 503
</Location>
"""
MODULES = ("proxy", "proxy_http", "crowd_confluence")

OUTAGE_CLIENTS = 200
TIMEOUT_S = 2
RETRY_S = 5
STATIC_REQUESTS = 3000


def measure_first_requests(bench: Bench) -> list[str]:
    lines = [
        f"{CLIENTS} first requests at once, Confluence takes {DELAY_MS} ms, {ROUNDS} rounds.",
        "",
        "| | visitors | calls of Confluence a round | with a session | all answered after, median (slowest) |",
        "|---|---:|---:|---:|---:|",
    ]
    for mpm, sizes, children in (("event", EVENT, CHILDREN), ("prefork", PREFORK, PREFORK_CHILDREN)):
        with bench.backend() as app, bench.simulator() as simulator:
            location = LOCATION.format(app=app, url=simulator.confluence, parameters="")
            simulator.misbehave(kind="late", delay_ms=DELAY_MS)
            with bench.httpd_running(MODULES, sizes + location, mpm=mpm) as httpd:
                _wait_for_children(httpd, children)
                for visitors in (1, CLIENTS):
                    calls, sessions, seconds = [], 0, []
                    for _ in range(ROUNDS):
                        cookies = [simulator.log_in() for _ in range(visitors)]
                        requests = [request("/app", f"crowd.token_key={each}") for each in cookies]
                        before = simulator.exchanges()
                        report = httpd.load(requests, CLIENTS, connections=CLIENTS)
                        calls.append(simulator.exchanges() - before)
                        sessions += report["status"].get("200", 0)
                        seconds.append(report["seconds"])
                    lines.append(
                        f"| {mpm}, {children} children | {visitors} | {_span(calls)} | "
                        f"{sessions} of {ROUNDS * CLIENTS} | {statistics.median(seconds) * 1000:.0f}"
                        f" ms ({max(seconds) * 1000:.0f} ms) |"
                    )
    return lines


def measure_outage(bench: Bench) -> list[str]:
    with bench.backend() as app, bench.simulator() as simulator:
        location = LOCATION.format(
            app=app, url=simulator.confluence, parameters=f"timeout={TIMEOUT_S} retry={RETRY_S}"
        )
        tokens = [simulator.log_in() for _ in range(OUTAGE_CLIENTS)]
        requests = [request("/app", f"crowd.token_key={token}") for token in tokens]
        with bench.httpd_running(MODULES, EVENT + location) as httpd:
            _wait_for_children(httpd, CHILDREN)
            calm = httpd.load([request("/static.txt")], 500, connections=4, pause_ms=10)
            simulator.misbehave(kind="hang")
            # Both go on past the first time-outs, the breaker's opening and its first new try.
            protected = httpd.start_load(
                requests, 20 * OUTAGE_CLIENTS, connections=OUTAGE_CLIENTS, pause_ms=500
            )
            static = httpd.load(
                [request("/static.txt")], STATIC_REQUESTS, connections=4, pause_ms=10
            )
            answered = protected.result()
            if not set(answered["status"]) <= {"503"}:
                raise Failure(f"a dead Confluence gave sessions: {answered['status']}")
            _wait_for_a_failed_try(httpd, requests[0])
            simulator.behave()
            back = _seconds_until_a_session(httpd, requests[0])
    slow = (answered["slowest"] / 1e6, static["median"] / 1e3, calm["median"] / 1e3)
    return [
        f"{OUTAGE_CLIENTS} clients, each of another visitor, half a second between an answer and the "
        f"next request; event, {CHILDREN} children of {THREADS} threads; `timeout={TIMEOUT_S} "
        f"retry={RETRY_S}`; meanwhile 4 clients ask for a static file.",
        "",
        "| | | to reach |",
        "|---|---:|---:|",
        f"| static file answered with 200 | {_share(static, '200', STATIC_REQUESTS)} | 100 % |",
        f"| of these on another connection, as httpd closed a kept one | {static['resent']} | |",
        f"| static file, median | {slow[1]:.2f} ms (before: {slow[2]:.2f} ms) | 5 ms |",
        f"| static file, 99 in 100 | {static['p99'] / 1e3:.2f} ms | |",
        f"| protected requests answered | {_share(answered, '503', 20 * OUTAGE_CLIENTS)} | 100 % |",
        f"| protected requests, 99 in 100 | {answered['p99'] / 1e6:.2f} s | {TIMEOUT_S} s |",
        f"| slowest protected request | {slow[0]:.2f} s | {TIMEOUT_S} s |",
        f"| first session after Confluence is back | {back:.2f} s | {RETRY_S} s |",
    ]


def _wait_for_children(httpd: Httpd, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(httpd.child_processes()) < count:
        if time.monotonic() > deadline:
            raise Failure("httpd does not start its children")
        time.sleep(0.05)


def _span(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"


def _share(report: dict, status: str, of: int) -> str:
    return f"{100 * report['status'].get(status, 0) / of:.2f} %"


def _wait_for_a_failed_try(httpd: Httpd, ask: bytes) -> None:
    """Until the module has tried again in vain, and so will not for the whole of `retry`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        began = time.monotonic()
        httpd.answer_to(ask)
        if time.monotonic() - began > 0.9 * TIMEOUT_S:
            return
        time.sleep(0.02)
    raise Failure("a Confluence that does not answer is not tried again")


def _seconds_until_a_session(httpd: Httpd, ask: bytes) -> float:
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if httpd.answer_to(ask).startswith(b"HTTP/1.1 200 "):
            return time.monotonic() - began
        time.sleep(0.02)
    raise Failure("no session comes back after Confluence does")
