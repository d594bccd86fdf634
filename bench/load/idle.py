"""Guests who log in and then do nothing: what each costs in memory, CPU and messages."""

import time

from bench.load.clients import client
from bench.load.report import Table, console
from bench.load.server import Failed, Subject
from bench.load.subjects import fresh

_SETTLING = 5.0
_WATCHED = 30.0
"""Seconds; as long as the server waits between two pings, so that each gets one."""
COLUMNS = (
    *("server", "guests", "log-ins/s", "server busy", "clients busy", "KiB/connection"),
    *("idle CPU in 30 s, ms", "µs/connection", "pings/connection", "frames", "bytes", "lost"),
)


def measure(table: Table, subjects: list[Subject], guests: int) -> None:
    """A row for each subject."""
    for subject in subjects:
        try:
            table.add(_row(subject, guests))
        except Failed as failure:
            console.print(f"{subject.name}, {guests} guests: {failure}", style="red")


def _row(subject: Subject, guests: int) -> list[str]:
    with fresh(subject) as server:
        time.sleep(0.5)  # until what it does at the start is done
        before, started = server.memory(), server.cpu()
        with client("visitors", server.url, "guests", "--guests", guests) as visitors:
            told = visitors.order("fill")
            busy = (server.cpu() - started) / told["seconds"]
            time.sleep(_SETTLING)
            memory = (server.memory() - before) / guests
            visitors.order("count")
            cpu = server.cpu()
            time.sleep(_WATCHED)
            cpu = server.cpu() - cpu
            heard = visitors.order("count")
    return [
        *(subject.name, f"{guests:,}", f"{guests / told['seconds']:,.0f}"),
        *(f"{busy:.0%}", f"{told['busy']:.0%}", f"{memory / 1024:.1f}"),
        *(f"{cpu * 1e3:.0f}", f"{cpu / guests * 1e6:.0f}"),
        *(f"{heard[key] / guests:.2f}" for key in ("pings", "frames", "bytes")),
        str(heard["lost"]),
    ]
