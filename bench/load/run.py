"""`make bench`: every server under load beside the limit, as a table (see results.md).

Each line is a server process on one core and the generator on the other. "Limit" is the bare server
of `limit.py` in the same round; what matters is the ratio to it, since absolute figures change from
machine to machine and from hour to hour.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from bench.filling import clear
from bench.load.server import (
    GENERATOR_CORE,
    Running,
    Subject,
    database_cpu,
    git_commit,
    running,
)

_HERE = Path(sys.executable).parent
console = Console(width=160)


@dataclass(frozen=True, slots=True)
class Line:
    """What one run has shown. CPU in microseconds a move, latencies in ms."""

    pairs: int
    moves_per_second: float
    cpu: float
    database_cpu: float
    told: dict[str, Any]


def subjects(urls: list[str]) -> list[Subject]:
    """The limit first, then ours on each database."""
    limit = (sys.executable, "-m", "bench.load.limit", "{port}")
    found = [Subject("limit", limit, {"PYTHONPATH": str(Path.cwd())})]
    for url in urls:
        environment = {
            "UTTT_DATABASE_URL": url,
            "UTTT_RATE_LIMITS": "off",
            "UTTT_HOST": "127.0.0.1",
            "UTTT_LOG_LEVEL": "warning",
        }
        name = make_url(url).get_backend_name()
        found.append(Subject(name, (str(_HERE / "uttt"), "serve"), environment))
    return found


def play(server: Running, pairs: int, seconds: float, rate: float | None) -> Line:
    """Run the generator against a server."""
    command = [sys.executable, "-m", "bench.load.generator", server.url]
    command += ["--pairs", str(pairs), "--seconds", str(seconds)]
    if rate is not None:
        command += ["--rate", str(rate)]
    generator = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {GENERATOR_CORE}),  # noqa: PLW1509
    )
    assert generator.stdout is not None
    assert generator.stdout.readline() == "begin\n"
    cpu, database = server.cpu(), database_cpu()
    assert generator.stdout.readline() == "end\n"
    cpu, database = server.cpu() - cpu, database_cpu() - database
    told = json.loads(generator.stdout.readline())
    generator.wait(30)
    moves = told["moves"]
    return Line(pairs, moves / told["seconds"], cpu / moves * 1e6, database / moves * 1e6, told)


def measure(subject: Subject, pairs: int, seconds: float, rate: float | None, times: int) -> Line:
    """The run with the least CPU a move of several: what disturbs can only add."""
    lines = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as directory:
            if subject.name not in ("limit", "sqlite"):
                clear(make_url(subject.environment["UTTT_DATABASE_URL"]))
            with running(subject, Path(directory)) as server:
                lines.append(play(server, pairs, seconds, rate))
    return min(lines, key=lambda line: line.cpu)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", default=["sqlite:///load.db"])
    parser.add_argument("--pairs", type=int, nargs="+", default=[10, 50, 200, 1000])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--rate", type=float, help="moves a second in all; default: all it can")
    told = parser.parse_args()
    table = Table(
        *("pairs", "server", "moves/s", "CPU µs", "ratio", "database µs"),
        *("to mover p50", "p99", "max", "to opponent p50", "p99", "generator busy"),
    )
    for pairs in told.pairs:
        limit = None
        for subject in subjects(told.urls):
            line = measure(subject, pairs, told.seconds, told.rate, told.times)
            limit = limit or line
            table.add_row(*cells(subject, line, limit))
            console.print(" ".join(cells(subject, line, limit)), style="dim")
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {git_commit()}")
    console.print(table)


def cells(subject: Subject, line: Line, limit: Line) -> list[str]:
    """A row of the table."""
    mover, opponent = line.told["to_mover"], line.told["to_opponent"]
    if line.told["refused"] or line.told["lost"]:
        console.print(f"refused {line.told['refused']}, lost {line.told['lost']}", style="red")
    return [
        str(line.pairs),
        subject.name,
        f"{line.moves_per_second:,.0f}",
        f"{line.cpu:.1f}",
        f"{line.cpu / limit.cpu:.2f}",
        f"{line.database_cpu:.1f}" if subject.name not in ("limit", "sqlite") else "",
        *(f"{mover[key]}" for key in ("p50", "p99", "max")),
        *(f"{opponent[key]}" for key in ("p50", "p99")),
        f"{line.told['generator_busy']:.0%}",
    ]


if __name__ == "__main__":
    main()
