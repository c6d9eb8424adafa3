"""Builds the module and the simulator for the demo, and finds httpd."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Iterator

import processes
from output import say
from processes import Failure

TARGETS = ("mod_crowd_confluence", "atlassian-simulator")


@dataclass(frozen=True)
class Built:
    """The built files."""

    module: pathlib.Path
    simulator: pathlib.Path


@dataclass(frozen=True)
class Httpd:
    """The machine's httpd."""

    program: str
    modules: str


def build(source: pathlib.Path, folder: pathlib.Path) -> Built:
    """Builds the module and the simulator in `folder`, one demo at a time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "w")
    except OSError as error:
        raise Failure(f"cannot build in {folder}: {error.strerror}") from error
    with lock, _locked(lock):
        configure = ["cmake", "-S", str(source), "-B", str(folder), "-G", "Ninja"]
        configure += ["-DBUILD_TESTING=ON"]
        if _configured_for(folder) not in (None, str(source)):
            configure.append("--fresh")  # the checkout was copied or moved
        log = folder / "demo-build.log"
        _run(configure, log, quiet=True)
        _run(["ninja", "-C", str(folder), *TARGETS], log)
    return find(folder)


def find(folder: pathlib.Path) -> Built:
    """Finds the built files in `folder`, whatever its settings."""
    folder = folder.resolve()
    return Built(_find(folder, "mod_crowd_confluence.so"), _find(folder, "atlassian-simulator"))


def find_httpd() -> Httpd:
    apxs = shutil.which("apxs") or shutil.which("apxs2")
    if apxs is None:
        raise Failure("apxs is missing (Debian's package apache2-dev)")

    def ask(name: str) -> str:
        return subprocess.run(
            [apxs, "-q", name], check=True, capture_output=True, text=True
        ).stdout.strip()

    program = f"{ask('SBINDIR')}/{ask('PROGNAME')}"
    if not os.access(program, os.X_OK):
        raise Failure(f"{program} is missing (Debian's package apache2-bin)")
    return Httpd(program, ask("LIBEXECDIR"))


@contextlib.contextmanager
def _locked(lock) -> Iterator[None]:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another demo is building here; waiting for it …")
        fcntl.flock(lock, fcntl.LOCK_EX)
    yield


def _configured_for(folder: pathlib.Path) -> str | None:
    with contextlib.suppress(OSError):
        for line in (folder / "CMakeCache.txt").read_text().splitlines():
            name, _, value = line.partition("=")
            if name == "CMAKE_HOME_DIRECTORY:INTERNAL":
                return value
    return None


def _run(command: list[str], log: pathlib.Path, quiet: bool = False) -> None:
    """Runs a step of the build. Its output goes to `log`; a terminal also sees the latest line."""
    watched = sys.stdout.isatty() and not quiet
    process = None
    started = time.monotonic()
    try:
        with processes.undisturbed():
            process = processes.start(
                command, os.getpid(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        with open(log, "wb") as file:
            for line in process.stdout:
                file.write(line)
                if watched:
                    width = shutil.get_terminal_size().columns - 1
                    say(f"\r\033[K{line.decode(errors='replace').rstrip()[:width]}", end="")
        if watched:
            say("\r\033[K", end="")
        if process.wait() != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-60:])
            raise Failure(f"{command[0]} failed; the end of its output:\n{tail}")
    finally:
        if process is not None:
            processes.end(process)
            process.stdout.close()
    if not quiet:
        say(f"Built in {time.monotonic() - started:.0f} s.")


def _find(folder: pathlib.Path, name: str) -> pathlib.Path:
    for found in sorted(folder.rglob(name)):
        if found.is_file():
            return found
    raise Failure(f"there is no {name} in {folder}")
