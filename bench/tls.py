"""First requests while Confluence speaks TLS, and the module trusts as many authorities as the system."""

from __future__ import annotations

import pathlib
import statistics
import subprocess

import crowds
import instructions
from callgrind import FEW, MANY, per_request
from programs import Bench, Failure, Simulator, client_address, request

# Where systems keep the authorities that they trust, all in one file.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
KEPT = (FEW, MANY)
NEW = (20, 100)  # under callgrind, a handshake takes a while
VISITORS = (32, 100)
ROUNDS = 5
WANTED_S = 2


def measure(bench: Bench) -> list[str]:
    certificate, key = _certificate(bench.folder)
    bundle = bench.folder / "authorities.pem"
    system = next((path for path in map(pathlib.Path, BUNDLES) if path.exists()), None)
    if system is None:
        raise Failure("the authorities that the system trusts are in none of the usual files")
    bundle.write_text(system.read_text() + certificate.read_text())
    bundle.chmod(0o644)
    trust = f'CrowdConfluenceCACertificateFile "{bundle}"'
    speaks_tls = (f"--certificate={certificate}", f"--private-key={key}", "--threads=4")
    authorities = bundle.read_text().count("-----BEGIN CERTIFICATE-----")
    lines = [
        f"{authorities} authorities are trusted.",
        "",
        "| miss (event) | instructions over plain mod_proxy |",
        "|---|---:|",
    ]
    for name, arguments, closes, counts in (
        ("http, kept connection", (), False, KEPT),
        ("https, kept connection", speaks_tls, False, KEPT),
        ("http, new connection", (), True, NEW),
        ("https, new connection", speaks_tls, True, NEW),
    ):
        with bench.simulator(*arguments) as simulator:
            if closes:
                simulator.misbehave(kind="close-after-response")
            more = _more_than_plain(bench, simulator, trust, counts)
        lines.append(f"| {name} | {more:,.0f} |")
    lines += [
        "",
        f"A server that has just started, {crowds.CHILDREN} children, gets first requests at once; "
        f"{ROUNDS} rounds.",
        "",
        "| visitors | with a session | all answered after: median (fastest–slowest round) | at most |",
        "|---:|---:|---:|---:|",
    ]
    with bench.simulator(*speaks_tls) as simulator:
        lines += [_cold(bench, simulator, trust, visitors) for visitors in VISITORS]
    return lines


def _certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """For 127.0.0.1, signed by itself; and its key."""
    certificate, key = folder / "confluence.pem", folder / "confluence.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        + ["-subj", "/CN=confluence", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def _more_than_plain(
    bench: Bench, simulator: Simulator, trust: str, counts: tuple[int, int]
) -> float:
    tokens = [simulator.log_in() for _ in range(sum(counts))]
    browsers = [instructions.browser_of(token) for token in tokens]
    with bench.backend() as app:
        settings = instructions.OURS.format(url=simulator.confluence) + trust
        before = simulator.exchanges()
        ours = instructions.location(app, settings)
        (miss,) = per_request(bench, "event", ours, [browsers], *counts)
        if simulator.exchanges() - before != sum(counts):
            raise Failure("not every request for a miss was one")
        plain = instructions.location(app, "")
        with_session = instructions.with_sessions(bench, ours, plain, browsers[:1])
        (base,) = per_request(bench, "event", plain, [with_session], *counts)
    return miss.total() - base.total()


def _cold(bench: Bench, simulator: Simulator, trust: str, visitors: int) -> str:
    sessions, seconds = 0, []
    for _ in range(ROUNDS):
        with bench.backend() as app:
            location = crowds.LOCATION.format(
                app=app, url=simulator.confluence, parameters=f"\n  {trust}"
            )
            tokens = [simulator.log_in(client_address(i)) for i in range(visitors)]
            with bench.httpd_running(crowds.MODULES, crowds.EVENT + location) as httpd:
                crowds.wait_for_children(httpd, crowds.CHILDREN)
                report = httpd.load(
                    [request("/app", f"crowd.token_key={token}") for token in tokens],
                    visitors,
                    connections=visitors,
                    addresses=visitors,
                )
        sessions += report["status"].get("200", 0)
        seconds.append(report["seconds"])
    return (
        f"| {visitors} | {sessions} of {ROUNDS * visitors} | {statistics.median(seconds):.2f} s "
        f"({min(seconds):.2f}–{max(seconds):.2f}) | {WANTED_S} s |"
    )
