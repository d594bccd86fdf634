"""How many processors this process may use, and how many of them engines take by themselves."""

import os
from pathlib import Path
from typing import Final

_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux tells the limit of a container: microseconds, or "max", of so many."""
_MOST_WORKERS: Final = 4
"""Of those that nobody has asked for: each takes a hundred megabytes."""


def default_workers() -> int:
    """Return how many processes think if the host has not said: one core is left to the server."""
    return min(_MOST_WORKERS, max(1, processors() - 1))


def processors(quota: Path = _QUOTA) -> int:
    """Return how many processors there are for us, at least one."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    try:
        most, period = (int(number) for number in quota.read_text(encoding="ascii").split())
        cores = min(cores, most // period)
    except (OSError, ValueError, ZeroDivisionError):
        pass  # no such limit
    return max(1, cores)
