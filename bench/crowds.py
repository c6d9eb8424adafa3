"""Many at once: first requests while Confluence is slow, and any while it does not answer at all."""

from __future__ import annotations

import statistics
import time

from programs import PATIENCE, Bench, Failure, Httpd, client_address, request

CLIENTS = 100
DELAY_MS = 200
ROUNDS = 5

# As many workers as event has unless it is told otherwise. Half of them may wait for Confluence; of
# these places, no address has all, and new visitors together leave some to known ones.
CHILDREN = 16
THREADS = 25
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
STATIC_CLIENTS = 4
STATIC_PAUSE_MS = 10
# As many as these clients surely ask for while the first protected requests wait for their time-out,
STATIC_WHILE_WAITING = int(0.8 * STATIC_CLIENTS * TIMEOUT_S * 1000 / (STATIC_PAUSE_MS + 2))
# and past the first time-outs, the breaker's opening and its first new try.
STATIC_AFTERWARDS = 3000
# Of the protected file, for as long.
PROTECTED_REQUESTS = 20 * OUTAGE_CLIENTS
LOOKS_EVERY_S = 0.005


def measure_first_requests(bench: Bench) -> list[str]:
    lines = [
        f"{CLIENTS} first requests at once, Confluence takes {DELAY_MS} ms, {ROUNDS} rounds.",
        "",
        "| | visitors | calls of Confluence a round | with a session | all answered after: median (fastest–slowest round) |",
        "|---|---:|---:|---:|---:|",
    ]
    for mpm, sizes, children in (("event", EVENT, CHILDREN), ("prefork", PREFORK, PREFORK_CHILDREN)):
        with bench.backend() as app, bench.simulator() as simulator:
            location = LOCATION.format(app=app, url=simulator.confluence, parameters="")
            simulator.misbehave(kind="late", delay_ms=DELAY_MS)
            with bench.httpd_running(MODULES, sizes + location, mpm=mpm) as httpd:
                wait_for_children(httpd, children)
                for visitors in (1, CLIENTS):
                    calls, sessions, seconds = [], 0, []
                    for _ in range(ROUNDS):
                        # One address may not have all the places to wait for Confluence.
                        cookies = [simulator.log_in(client_address(i)) for i in range(visitors)]
                        requests = [request("/app", f"crowd.token_key={each}") for each in cookies]
                        before = simulator.exchanges()
                        report = httpd.load(
                            requests, CLIENTS, connections=CLIENTS, addresses=visitors
                        )
                        calls.append(simulator.exchanges() - before)
                        sessions += report["status"].get("200", 0)
                        seconds.append(report["seconds"])
                    lines.append(
                        f"| {mpm}, {children} children | {visitors} | {_span(calls)} | "
                        f"{sessions} of {ROUNDS * CLIENTS} | {statistics.median(seconds) * 1000:.0f}"
                        f" ms ({min(seconds) * 1000:.0f}–{max(seconds) * 1000:.0f}) |"
                    )
    return lines


def measure_outage(bench: Bench) -> list[str]:
    with bench.backend() as app, bench.simulator() as simulator:
        location = LOCATION.format(
            app=app, url=simulator.confluence, parameters=f"timeout={TIMEOUT_S} retry={RETRY_S}"
        )
        tokens = [simulator.log_in(client_address(i)) for i in range(OUTAGE_CLIENTS)]
        requests = [request("/app", f"crowd.token_key={token}") for token in tokens]
        another = request("/app", f"crowd.token_key={simulator.log_in()}")
        with bench.httpd_running(MODULES, EVENT + location) as httpd:
            wait_for_children(httpd, CHILDREN)
            calm = _static(httpd, STATIC_WHILE_WAITING)
            simulator.misbehave(kind="hang")
            protected = httpd.start_load(
                requests,
                PROTECTED_REQUESTS,
                connections=OUTAGE_CLIENTS,
                pause_ms=500,
                addresses=OUTAGE_CLIENTS,
            )
            waiting = _static(httpd, STATIC_WHILE_WAITING)
            afterwards = _static(httpd, STATIC_AFTERWARDS)
            answered = protected.result()
            if not set(answered["status"]) <= {"503"}:
                raise Failure(f"a dead Confluence gave sessions: {answered['status']}")
            _wait_for_a_failed_try(httpd, another)
            simulator.behave()
            back = _seconds_until_a_session(httpd, another)
    if waiting["seconds"] > TIMEOUT_S:
        raise Failure("the machine is too busy: the static file was asked for past the time-out")
    lines = [
        f"{OUTAGE_CLIENTS} clients, each of another visitor, half a second between an answer and the "
        f"next request; event, {CHILDREN} children of {THREADS} threads; `timeout={TIMEOUT_S} "
        f"retry={RETRY_S}`; meanwhile {STATIC_CLIENTS} clients ask for a static file.",
        "",
        "| | | to reach |",
        "|---|---:|---:|",
    ]
    for when, report in (
        ("before", calm),
        ("while as many threads wait as may", waiting),
        ("past time-outs, breaker and new tries", afterwards),
    ):
        lines += [
            f"| static file, {when}: answered with 200 | {_share(report, '200')} | 100 % |",
            f"| median, 99 in 100 | {report['median'] / 1e3:.2f} ms, {report['p99'] / 1e3:.2f} ms "
            "| 5 ms (median) |",
        ]
    return lines + [
        f"| protected requests answered (with 503) | {_share(answered, '503')} | 100 % |",
        f"| median, 99 in 100 | {answered['median'] / 1e6:.3f} s, {answered['p99'] / 1e6:.3f} s "
        f"| {TIMEOUT_S} s |",
        f"| slowest | {answered['slowest'] / 1e6:.3f} s | {TIMEOUT_S} s |",
        "| sent again, as httpd closed a kept connection | "
        f"{sum(each['resent'] for each in (waiting, afterwards, answered))} | |",
        "| first session after Confluence is back, looked for every "
        f"{LOOKS_EVERY_S * 1000:.0f} ms | {back:.3f} s | {RETRY_S} s |",
    ]


def _static(httpd: Httpd, count: int) -> dict:
    return httpd.load(
        [request("/static.txt")], count, connections=STATIC_CLIENTS, pause_ms=STATIC_PAUSE_MS
    )


def wait_for_children(httpd: Httpd, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(httpd.child_processes()) < count:
        if time.monotonic() > deadline:
            raise Failure("httpd does not start its children")
        time.sleep(0.05)


def _span(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"


def _share(report: dict, status: str) -> str:
    asked = report["answered"] + report["unanswered"] + report["broken"]
    return f"{100 * report['status'].get(status, 0) / asked:.2f} %"


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
        time.sleep(LOOKS_EVERY_S)
    raise Failure("no session comes back after Confluence does")
