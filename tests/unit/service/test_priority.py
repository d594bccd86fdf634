"""Threads that give way are known as such to the system."""

import os
import platform
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from uttt.service.priority import NICENESS, SLICE, give_way


def in_a_thread() -> tuple[int, int, str]:
    """Niceness, policy and what else the kernel says of a thread that has given way."""
    id_ = threading.get_native_id()
    give_way(id_)
    sched = Path(f"/proc/self/task/{id_}/sched")
    said = sched.read_text(encoding="ascii") if sched.exists() else ""
    return os.getpriority(os.PRIO_PROCESS, id_), os.sched_getscheduler(id_), said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of single threads")
def test_it_is_last_and_nobody_else_is() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with ThreadPoolExecutor(1) as pool:
        niceness, policy, said = pool.submit(in_a_thread).result()
    assert niceness == NICENESS
    if platform.machine() in ("x86_64", "aarch64"):
        assert policy == os.SCHED_BATCH
    slices = [line.split(":")[1].strip() for line in said.splitlines() if "se.slice" in line]
    assert slices in ([], [str(SLICE)])
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_who_is_not_there_is_no_matter() -> None:
    give_way(2**22 + 1)  # more than Linux numbers its processes by
