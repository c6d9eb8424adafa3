#!/usr/bin/env python3
"""Builds and starts the demo, walks one user's way through it, and serves until a signal stops it.

Use ../demo.sh, which also installs what is missing.
"""

from __future__ import annotations

import signal

# Until main() is ready for them, signals end the demo at once. demo.sh held them back till here.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))

import argparse
import contextlib
import grp
import http.client
import json
import os
import pathlib
import pwd
import secrets
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass

import building
import output
import processes
from building import Built, Httpd
from output import complain, say
from processes import Ensemble, Failure
from visit import Visit, Wrong

DEMO = pathlib.Path(__file__).resolve().parent
SOURCE = DEMO.parent


@dataclass(frozen=True)
class Addresses:
    """Where everything listens."""

    port: int
    other_port: int
    control_url: str


def main() -> int:
    options = read_options()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    processes.raise_when_stopped()
    serving = False
    try:
        if options.built:
            built = building.find(options.built)
        else:
            say("Building the module and the simulator of Crowd and Confluence …")
            built = building.build(SOURCE, SOURCE / "build" / "demo")
        with Ensemble() as ensemble:
            try:
                addresses = start_all(ensemble, built, building.find_httpd(), options.port)
                passed = walk(addresses)
            except Failure as failure:
                raise Failure(f"{failure}\n{ensemble.tails()}".rstrip()) from failure
            if not passed:
                say(f"\nWhat the programs said:\n{ensemble.tails()}")
            if not options.once:
                serving = True
                serve(ensemble, addresses)
            return 0 if passed else 1
    except Failure as failure:
        complain(f"demo.sh: {failure}")
        return 1
    except output.Lost as lost:
        if lost.reader_went:
            return 128 + signal.SIGPIPE
        complain(f"demo.sh: cannot write: {lost}")
        return 1
    except processes.Stopped as stopped:
        if serving:
            with contextlib.suppress(output.Lost):  # the terminal may be gone
                say("\nStopped; nothing is left behind.")
            return 0 if passed else 1
        return 128 + stopped.signal_number


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="demo.sh", description="Shows mod_crowd_confluence at work, on this machine alone."
    )
    parser.add_argument(
        "--once", action="store_true", help="stop after the transcript; status 1 if a step failed"
    )
    parser.add_argument(
        "--port", type=int, default=8080, help="the port to try first (default: %(default)s)"
    )
    parser.add_argument(
        "--built",
        type=pathlib.Path,
        metavar="DIR",
        help="build nothing: take the module and the simulator from this build directory",
    )
    options = parser.parse_args()
    if not 1024 <= options.port <= 65000:
        parser.error("--port: from 1024 to 65000")
    return options


def start_all(ensemble: Ensemble, built: Built, httpd: Httpd, preferred: int) -> Addresses:
    said = ensemble.start_and_read(
        "atlassian-simulator",
        [
            str(built.simulator),
            "--trusted-proxy=127.0.0.1",  # httpd and the app, as Confluence and Crowd see them
            "--context-path=/confluence",
            "--remembered-requests=500",
        ],
        is_ready=lambda text: "\n" in text,
    )
    atlassian = json.loads(said.splitlines()[0])
    tls_confluence = start_confluence_with_tls(ensemble, built)
    write_application_password(ensemble, atlassian["control"])
    said = ensemble.start_and_read(
        "app",
        [
            *(sys.executable, "-B", str(DEMO / "app" / "app.py")),
            *("--confluence", atlassian["confluence"], "--login", "/crowd/console/login"),
            *("--explain", atlassian["control"]),
        ],
        is_ready=lambda text: "\n" in text,
    )
    names = {
        "HTTPD_ROOT": ensemble.folder,
        "MODULES": httpd.modules,
        "CROWD_CONFLUENCE_MODULE": built.module,
        "APP_URL": f"http://127.0.0.1:{said.split()[-1]}/app",
        "CROWD_URL": atlassian["crowd"],
        "CONFLUENCE_URL": atlassian["confluence"],
        "TLS_CONFLUENCE_URL": tls_confluence,
        "READY": secrets.token_hex(8),
    }
    if os.geteuid() == 0:
        names |= unprivileged()
    port, other_port = start_httpd(ensemble, httpd, names, preferred)
    say(f"Crowd (simulated):       {atlassian['crowd']}")
    say(f"Confluence (simulated):  {atlassian['confluence']}")
    say(f"The app:                 {names['APP_URL']}/")
    say(f"httpd, in front of it:   http://127.0.0.1:{port}/")
    say(f"  seen from 127.0.0.2:   http://127.0.0.1:{other_port}/")
    say("    (a browser cannot choose its address; this port gives it that one)")
    return Addresses(port, other_port, atlassian["control"])


def start_confluence_with_tls(ensemble: Ensemble, built: Built) -> str:
    """Another Confluence, whose certificate it has made itself. Its URL."""
    certificate, key = ensemble.folder / "self-signed.pem", ensemble.folder / "self-signed.key"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        + ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", str(key)]
        + ["-out", str(certificate)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise Failure(f"openssl makes no certificate: {made.stderr}")
    said = ensemble.start_and_read(
        "atlassian-simulator-with-tls",
        [
            str(built.simulator),
            "--context-path=/confluence",
            f"--certificate={certificate}",
            f"--private-key={key}",
        ],
        is_ready=lambda text: "\n" in text,
    )
    return json.loads(said.splitlines()[0])["confluence"]


def write_application_password(ensemble: Ensemble, control_url: str) -> None:
    """As whom the check page asks Crowd."""
    where = urllib.parse.urlsplit(control_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        connection.request("GET", "/__control/crowd")
        password = json.loads(connection.getresponse().read())["application_password"]
    finally:
        connection.close()
    file = ensemble.folder / "crowd.password"
    file.touch(mode=0o600)
    file.write_text(password + "\n")


def unprivileged() -> dict[str, object]:
    """The user and group as whom httpd's children run when root starts httpd."""
    for user in ("www-data", "apache", "nobody"):
        try:
            entry = pwd.getpwnam(user)
            group = grp.getgrgid(entry.pw_gid).gr_name
        except KeyError:
            continue
        return {"HTTPD_USER": user, "HTTPD_GROUP": group}
    raise Failure("there is none of the users www-data, apache and nobody for httpd to run as")


def start_httpd(ensemble: Ensemble, httpd: Httpd, names: dict, preferred: int) -> tuple[int, int]:
    """Starts httpd on two free ports: the preferred ones if both are free."""
    candidate = preferred
    while True:
        ports = free_ports(candidate)
        defined = {**names, "PORT": ports[0], "OTHER_PORT": ports[1]}
        config = ensemble.folder / "httpd.conf"
        config.write_text(
            "".join(f'Define {name} "{value}"\n' for name, value in defined.items())
            + f'Include "{DEMO / "httpd.conf"}"\n'
        )
        process = ensemble.start("httpd", [httpd.program, "-D", "FOREGROUND", "-f", str(config)])
        wait_for_httpd(process, ports[0], names["READY"])
        if process.poll() is None:
            break
        ensemble.discard(process)
        # Another program may have taken a port since the check.
        if "Address already in use" not in ensemble.log_of("httpd").read_text():
            raise Failure("httpd did not start")
        ensemble.log_of("httpd").unlink()
        candidate = ports[1] + 1
    if ports[0] != preferred:
        say(f"Port {preferred} or the one after it is taken: using {ports[0]} and {ports[1]}.")
    return ports


def free_ports(first: int) -> tuple[int, int]:
    """Two neighbouring ports that nobody listens on, from `first` on."""
    for port in range(first, min(first + 1000, 65535), 2):
        if is_free(port) and is_free(port + 1):
            return port, port + 1
    raise Failure(f"no free ports from {first} on")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


def wait_for_httpd(process: subprocess.Popen, port: int, ready: str) -> None:
    """Returns when this httpd (and no other server on that port) answers, or when it has ended."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", f"/ready/{ready}")
            if connection.getresponse().status == 204:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        try:
            process.wait(0.05)
            return
        except subprocess.TimeoutExpired:
            pass
    raise Failure("httpd does not answer")


def walk(addresses: Addresses) -> bool:
    """Prints the transcript. False: a step failed."""
    colours = sys.stdout.isatty()
    good = "\033[32m✓\033[0m" if colours else "✓"
    bad = "\033[31m✗\033[0m" if colours else "✗"
    say("\nOne user's way through it:\n")
    failed = 0
    visit = Visit(addresses.port, addresses.other_port, addresses.control_url)
    for number, (what, step) in enumerate(visit.steps(), 1):
        try:
            details, mark = step(), good
        except Wrong as wrong:
            details, mark = f"but: {wrong}", bad
        # An unforeseen error fails its step only: the other steps still run.
        except Exception as error:
            details, mark = f"but: {type(error).__name__}: {error}", bad
        failed += mark == bad
        say(f" {mark} {number:2}. {what}\n       {details}")
    total = len(visit.steps())
    say(f"\n{total - failed} of {total} steps passed.")
    return failed == 0


def serve(ensemble: Ensemble, addresses: Addresses) -> None:
    say(f"\nOpen http://127.0.0.1:{addresses.port}/ in a browser and log in with a click. If")
    say("Confluence asks for a password, type the user's name. Ctrl-C ends the demo.")
    name = ensemble.wait_for_an_end()
    raise Failure(f"{name} has ended\n{ensemble.tails()}")


if __name__ == "__main__":
    # From here on to the end of main() nothing may be left behind.
    status = main()
    signal.pthread_sigmask(signal.SIG_BLOCK, processes.STOP_SIGNALS)
    sys.exit(status)
