"""The one place where the time is read. Services get a clock passed in, tests pass their own."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the time now, ms since 1970-01-01 UTC."""


def system_clock() -> int:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000
