"""Runs the benchmarks and prints their tables in Markdown. See run.sh."""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import time

import crowds
import instructions
import peers
import table
from programs import Bench, Failure

PARTS = {
    "instructions": ("Instructions per request", instructions.measure),
    "first-requests": ("Many first requests at once", crowds.measure_first_requests),
    "outage": ("A Confluence that never answers", crowds.measure_outage),
    "table": ("The shared table", table.measure),
    "peers": ("Wall clock and CPU", peers.measure),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--httpd", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--modules", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (all)")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - PARTS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")

    print("\n".join(machine(arguments.httpd)))
    failed = False
    for name in arguments.parts or PARTS:
        title, measure = PARTS[name]
        print(f"\n## {title}\n", flush=True)
        bench = Bench(arguments.build, arguments.httpd, arguments.modules)
        try:
            with bench.own_folder():
                print("\n".join(measure(bench)), flush=True)
        except Failure as failure:
            failed = True
            print(f"Not measured: {failure}", flush=True)
    return 1 if failed else 0


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
    ]
    load = os.getloadavg()[0]
    return [
        f"- {time.strftime('%Y-%m-%d')}, {processor}, {os.cpu_count()} cores, {memory:.0f} GiB",
        f"- {system}, Linux {platform.release().partition('-')[0]}",
        *(f"- {version}" for version in versions),
        f"- load of the machine before the start: {load:.1f}",
    ]


def said(command: list[str]) -> str:
    """The first line, without what belongs to the build host."""
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r"^Server version: | libcurl/.*", "", text.splitlines()[0])


if __name__ == "__main__":
    # Ctrl-C and kill end whatever was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
