"""Waiting for something that comes by itself, with a deadline."""

import os
import threading
import time

SLOW = float(os.environ.get("HANEUL_SLOW", "1"))


class Late(AssertionError):
    """It did not come in time."""


def until(what, seconds, look, pause=0.25):
    """What look() gives once that is true; Late, naming `what`, if it never is."""
    clock = threading.Event()
    end = time.monotonic() + seconds * SLOW
    last = None
    while time.monotonic() < end:
        last = look()
        if last:
            return last
        clock.wait(pause)
    raise Late(f"{what}: not within {seconds} s; last seen {str(last)[:500]}")
