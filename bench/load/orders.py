"""How a client process is told what to do by the process that measures: a line in, a line out.

An order is a word; the answer is a line of JSON. The end of standard input is the last order.
"""

import asyncio
import json
import resource
import sys
import time


async def orders() -> asyncio.StreamReader:
    """Return what the lines of standard input can be read from."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def next_order(reader: asyncio.StreamReader) -> str:
    """Return the next word; empty at the end."""
    return (await reader.readline()).decode().strip()


def answer(**members: object) -> None:
    """Answer an order."""
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


class Stopwatch:
    """Wall and own CPU seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _own_cpu()

    def seconds(self) -> float:
        """Seconds gone by."""
        return time.perf_counter() - self._wall

    def busy(self) -> float:
        """Share of a core that this process used meanwhile."""
        return (_own_cpu() - self._cpu) / self.seconds()


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
