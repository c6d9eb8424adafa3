"""Runs the benchmarks and prints their tables in Markdown. See run.sh."""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import time

import crowds
import instructions
import peers
import table
import tls
from programs import Bench, Failure

PARTS = {
    "instructions": ("Instructions per request", instructions.measure),
    "tls": ("Confluence over TLS", tls.measure),
    "first-requests": ("Many first requests at once", crowds.measure_first_requests),
    "outage": ("A Confluence that never answers", crowds.measure_outage),
    "table": ("The shared table", table.measure),
    "memory": ("The table's memory", table.measure_memory),
    "peers": ("Wall clock and CPU", peers.measure),
}
DOC = pathlib.Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--httpd", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--modules", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--doc", action="store_true", help="write the tables into docs/benchmarks.md")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (all)")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - PARTS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")

    def publish(part: str, lines: list[str]) -> None:
        print("\n".join(lines), flush=True)
        if arguments.doc:
            write_into(DOC, part, lines)

    publish("machine", machine(arguments.httpd))
    failed = False
    for name in arguments.parts or PARTS:
        title, measure = PARTS[name]
        print(f"\n## {title}\n", flush=True)
        bench = Bench(arguments.build, arguments.httpd, arguments.modules)
        try:
            with bench.own_folder():
                lines = measure(bench)
            publish(name, lines)
        except (Failure, OSError) as failure:
            failed = True
            print(f"Not measured: {failure}", flush=True)
    return 1 if failed else 0


def write_into(doc: pathlib.Path, part: str, lines: list[str]) -> None:
    """Between its two comments; the other parts' tables stay as they are."""
    before, begin, rest = doc.read_text().partition(f"<!-- {part} -->\n")
    _, end, after = rest.partition(f"<!-- end of {part} -->\n")
    if not begin or not end:
        raise Failure(f"{doc.name} has no place for {part}")
    doc.write_text(before + begin + "\n" + "\n".join(lines) + "\n\n" + end + after)


def machine(httpd: str) -> list[str]:
    processor = next(
        line.partition(":")[2].strip()
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    versions = [
        said([httpd, "-v"]),
        said(["curl", "--version"]),
        said(["g++", "--version"]),
        said(["valgrind", "--version"]),
        *packages("libapache2-mod-auth-openidc", "libapache2-mod-oauth2", "libapache2-mod-auth-cas"),
    ]
    load = os.getloadavg()[0]
    return [
        f"- {time.strftime('%Y-%m-%d')}, {processor}, {os.cpu_count()} cores, {memory:.0f} GiB",
        f"- {system}, Linux {platform.release().partition('-')[0]}",
        f"- {', '.join(versions)}",
        f"- load of the machine before the start: {load:.1f}",
    ]


def packages(*names: str) -> list[str]:
    """With their versions, on a Debian system."""
    if shutil.which("dpkg-query") is None:
        return []
    command = ["dpkg-query", "-W", "-f=${Package} ${Version}\n", *names]
    found = subprocess.run(command, capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if not line.endswith(" ")]


def said(command: list[str]) -> str:
    """The first line, without what belongs to the build host."""
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r"^Server version: | libcurl/.*", "", text.splitlines()[0])


def end_at_once(number: int, _: object) -> None:
    # What was started is ended on the way out; a second Ctrl-C must not keep that from happening.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

if __name__ == "__main__":
    for each in SIGNALS:
        signal.signal(each, end_at_once)
    sys.exit(main())
