"""Programs that run beside the demo and end with it, however it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import selectors
import signal
import subprocess
import time
from typing import Callable, Iterator, Sequence

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

# Outlives everything, makes the folder, and removes it once the demo is gone: the demo holds the
# other end of its standard input. The few tries are for files that are being written just then.
_KEEPER = """
trap '' INT TERM HUP
folder=$(mktemp -d "${TMPDIR:-/tmp}/crowd-confluence-demo.XXXXXX") || exit
echo "$folder"
cat >/dev/null
for try in 1 2 3; do rm -rf -- "$folder" 2>/dev/null && exit; done
"""


class Stopped(BaseException):
    """A signal asks the demo to end: Ctrl-C, kill, a closed terminal."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


class Failure(Exception):
    """The demo cannot go on. The text says why."""


def raise_when_stopped() -> None:
    """From now on the first signal that asks the demo to end raises Stopped; later ones do
    nothing."""

    def stop(signal_number: int, _frame: object) -> None:
        ignore_stop_signals()
        raise Stopped(signal_number)

    for each in STOP_SIGNALS:
        signal.signal(each, stop)


def ignore_stop_signals() -> None:
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Holds signals back, so that the demo records every program that it starts."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start(command: Sequence[str], parent: int, **options) -> subprocess.Popen:
    """Starts a program that receives SIGTERM when the demo is gone, even if SIGKILL ended it."""

    def in_child() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # too late for the death signal
            os._exit(1)
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    # A session of its own: Ctrl-C is for the demo, which then ends its programs in order.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=in_child,
        **options,
    )


def end(process: subprocess.Popen, grace: float = 10.0) -> None:
    """Ends a program and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Ensemble:
    """The demo's programs and their folder. Leaving it ends them, latest first."""

    def __init__(self) -> None:
        self._parent = os.getpid()
        self._programs: list[tuple[str, subprocess.Popen]] = []
        self._keeper: subprocess.Popen | None = None
        self.folder = pathlib.Path()

    def __enter__(self) -> Ensemble:
        with undisturbed():
            # The keeper is not bound to the demo's life: it comes after it.
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            name = self._keeper.stdout.readline().strip()
        if not name:
            raise Failure("no temporary folder can be made")
        self.folder = pathlib.Path(name)
        return self

    def __exit__(self, *exc_info: object) -> None:
        ignore_stop_signals()
        for _, process in reversed(self._programs):
            end(process)
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()

    def log_of(self, name: str) -> pathlib.Path:
        return self.folder / f"{name}.log"

    def start(self, name: str, command: Sequence[str], **options) -> subprocess.Popen:
        """Starts a program; its standard error goes into its log."""
        with open(self.log_of(name), "ab") as log, undisturbed():
            options.setdefault("stdout", log)
            process = start(command, self._parent, stderr=log, cwd=self.folder, **options)
            self._programs.append((name, process))
        return process

    def start_and_read(
        self, name: str, command: Sequence[str], is_ready: Callable[[str], bool], limit: float = 20
    ) -> str:
        """Starts a program and returns its first output, as soon as `is_ready` accepts it."""
        process = self.start(name, command, stdout=subprocess.PIPE)
        said = b""
        deadline = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not is_ready(said.decode(errors="replace")):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Failure(f"{name} is not ready after {limit:.0f} seconds")
                part = os.read(process.stdout.fileno(), 4096)
                if not part:
                    raise Failure(f"{name} ended at once")
                said += part
        return said.decode(errors="replace")

    def discard(self, process: subprocess.Popen) -> None:
        """Ends one program before the others."""
        end(process)
        self._programs = [entry for entry in self._programs if entry[1] is not process]

    def wait_for_an_end(self) -> str:
        """Returns the name of the first program that ends. Stopped is raised here."""
        with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
            for name, process in self._programs:
                descriptor = os.pidfd_open(process.pid)
                stack.callback(os.close, descriptor)
                selector.register(descriptor, selectors.EVENT_READ, name)
            return selector.select()[0][0].data

    def tails(self, lines: int = 15) -> str:
        """The last lines of every log, for a message about what went wrong."""
        parts = []
        for log in sorted(self.folder.glob("*.log")):
            content = log.read_text(errors="replace").splitlines()[-lines:]
            if content:
                parts.append("\n".join([f"--- {log.name}", *content]))
        return "\n".join(parts)
