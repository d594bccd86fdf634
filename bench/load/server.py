"""Servers under load: starts them on a core of their own and reads what the system counted."""

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

SERVER_CORE = 0
GENERATOR_CORE = 1
T = TypeVar("T", int, float)
_TICKS = os.sysconf("SC_CLK_TCK")
_DATABASE_PROGRAMS = ("postgres", "mariadbd")


class Failed(Exception):
    """A server or client did not do what it should; the text says which and what."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a command with `{port}` in it, and its environment besides."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs. Reading from it raises Failed if it does not any more."""

    url: str
    pid: int

    def cpu(self) -> float:
        """CPU seconds so far, user and system, of all threads and all children."""
        return self._sum(_cpu_of)

    def memory(self) -> int:
        """Resident bytes, those of children included."""
        return self._sum(_memory_of)

    def _sum(self, read: Callable[[int], T]) -> T:
        try:
            return sum(map(read, _tree(self.pid)))
        except (OSError, ValueError) as error:
            raise Failed("the server has ended") from error


def database_cpu() -> float:
    """CPU seconds of all database servers of this machine so far."""
    total = 0.0
    for directory in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if (directory / "comm").read_text().strip() in _DATABASE_PROGRAMS:
                total += _cpu_of(int(directory.name), children=False)
    return total


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # threads that hash come and go
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _memory_of(pid: int) -> int:
    with Path(f"/proc/{pid}/status").open() as status:
        (line,) = [line for line in status if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


def _cpu_of(pid: int, *, children: bool = True) -> float:
    # to the nanosecond; the number is how clock_getcpuclockid(3) names the clock of a process
    seconds = time.clock_gettime((~pid << 3) | 2)
    if children:  # that have ended: fields 16 and 17 of proc(5)
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        seconds += sum(map(int, fields[13:15])) / _TICKS
    return seconds


@contextmanager
def running(subject: Subject, directory: Path) -> Iterator[Running]:
    """The server for the block, on its own core."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UTTT_")}
    with (directory / "server.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [part.format(port=port) for part in subject.command],
            env={**kept, **subject.environment, "UTTT_PORT": str(port)},
            cwd=directory,
            stdout=log,
            stderr=log,
            preexec_fn=_settle,  # noqa: PLW1509 - no threads here
        )
    try:
        _wait_for(port, process)
        yield Running(f"ws://127.0.0.1:{port}/", process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settle() -> None:
    os.sched_setaffinity(0, {SERVER_CORE})
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise Failed(f"the server ended with {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise Failed("the server did not begin to listen")
