"""What the person at the terminal sees: progress lines, and one clear line when something is wrong."""

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager


class Problem(Exception):
    """Something the person can mend; its text is the one line shown instead of a traceback."""


def say(line: str) -> None:
    """Show one line at once."""
    print(line, flush=True)


@contextmanager
def step(headline: str) -> Generator[None]:
    """Show that a long step began, and how long it took once it is done."""
    live = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    began = time.monotonic()
    print(f"  {headline} ...", end="" if live else "\n", flush=True)
    try:
        yield
    except BaseException:
        if live:
            print(flush=True)
        raise
    took_s = time.monotonic() - began
    print(f" {took_s:.1f} s" if live else f"  {headline}: {took_s:.1f} s", flush=True)
