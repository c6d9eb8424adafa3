"""What the demo says on standard output."""

from __future__ import annotations

import contextlib
import os
import sys


class Lost(Exception):
    """Nobody can read what the demo says. The text says why."""

    def __init__(self, error: OSError):
        super().__init__(error.strerror)
        self.reader_went = isinstance(error, BrokenPipeError)


def say(text: str = "", end: str = "\n") -> None:
    """Prints `text` at once. Raises Lost if that cannot be done, now and ever after."""
    try:
        print(text, end=end, flush=True)
    except OSError as error:
        # What is left in the buffer would fail again, aloud, when Python ends.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Lost(error) from error


def complain(text: str) -> None:
    """Prints `text` on standard error, if that can be done."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
