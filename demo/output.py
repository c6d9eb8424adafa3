"""The demo's texts on standard output."""

from __future__ import annotations

import contextlib
import os
import sys


class Lost(Exception):
    """Nobody can read the demo's output. The text says why."""

    def __init__(self, error: OSError):
        super().__init__(error.strerror)
        self.reader_went = isinstance(error, BrokenPipeError)


def say(text: str = "", end: str = "\n") -> None:
    """Prints `text` at once. Raises Lost if that fails, and at every later call."""
    try:
        print(text, end=end, flush=True)
    except OSError as error:
        # The rest of the buffer would fail again when Python ends, with a traceback.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Lost(error) from error


def complain(text: str) -> None:
    """Prints `text` on standard error, if that is possible."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
