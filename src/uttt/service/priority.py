"""Letting everybody else go first, for threads and processes that compute for long."""

import ctypes
import os
import platform
import sys
from contextlib import suppress
from typing import Final

NICENESS: Final = 19
SLICE: Final = 100_000_000
"""Nanoseconds, the most that Linux allows."""
_SYSCALLS: Final = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
"""The number of sched_setattr(2), which the C library does not know."""


class _Attributes(ctypes.Structure):
    """struct sched_attr of sched_setattr(2)."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def give_way(id_: int) -> None:
    """Have a process or thread, by its id, run last, and stop whenever anybody else has something
    to do. What the system does not know or allow is left as it is.

    Niceness says how much of the processor somebody gets, not when. Since Linux 6.6 who runs may
    use up his slice, in effect until the next tick (4 ms), and the kernel itself waits for that:
    where passwords were hashed on a core that others used, too, each sync of the disk took four
    ticks. Since Linux 6.12 who asks for long slices is stopped by all whose are shorter.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, id_, NICENESS)
    number = _SYSCALLS.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        attributes = _Attributes(
            size=ctypes.sizeof(_Attributes), policy=os.SCHED_BATCH, nice=NICENESS, runtime=SLICE
        )
        ctypes.CDLL(None).syscall(number, id_, ctypes.byref(attributes), 0)
