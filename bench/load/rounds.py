"""Rounds of play: each server in turn, several times, and the least CPU of each as its result."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.load.clients import client
from bench.load.report import Table, console
from bench.load.server import Failed, Running, Subject, database_cpu
from bench.load.subjects import fresh, has_server

_ENOUGH = 100
"""Connections below which memory per connection says more of the server than of them."""
_RALLIES_TO_WARM_UP = 5
COLUMNS = (
    *("pairs", "server", "moves/s", "CPU µs/move", "spread", "/ limit", "/ bare"),
    *("database µs/move", "to mover p50 ms", "p99", "max", "to opponent p50", "p99", "max"),
    *("KiB/connection", "generator busy"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What one run has shown. CPU in microseconds a move, memory in bytes a connection."""

    pairs: int
    moves_per_second: float
    cpu: float
    database_cpu: float
    memory: float
    told: dict[str, Any]


def play(server: Running, pairs: int, seconds: float, rate: float | None) -> Line:
    """Run the generator against a server. Raises Failed."""
    pace = () if rate is None else ("--rate", rate)
    before = server.memory()
    with client("generator", server.url, "--pairs", pairs, *pace) as generator:
        memory = (server.memory() - before) / (2 * pairs)
        generator.order("play")
        generator.order("begin")
        cpu, database = server.cpu(), database_cpu()
        time.sleep(seconds)
        cpu, database = server.cpu() - cpu, database_cpu() - database
        told = generator.order("end")
    moves = told["moves"]
    if not moves or told["lost"]:
        raise Failed(f"{moves} moves were acknowledged, {told['lost']} connections lost")
    rate = moves / told["seconds"]
    return Line(pairs, rate, cpu / moves * 1e6, database / moves * 1e6, memory, told)


def rally(server: Running, pairs: int, seconds: float, _rate: float | None) -> Line:
    """The same for moves alone, in matches that are made and ended while the clock stands still.
    Raises Failed.
    """
    before = server.memory()
    with client("rally", server.url, "--pairs", pairs) as players:
        memory = (server.memory() - before) / (2 * pairs)
        for _ in range(_RALLIES_TO_WARM_UP):
            for order in ("deal", "rally", "give_up"):
                players.order(order)
        players.order("begin")
        played = cpu = database = 0.0
        while played < seconds:
            players.order("deal")
            cpu, database = cpu - server.cpu(), database - database_cpu()
            played += players.order("rally")["seconds"]
            cpu, database = cpu + server.cpu(), database + database_cpu()
            players.order("give_up")
        told = players.order("end")
    if told["lost"] or told["refused"]:
        raise Failed(f"{told['refused']} refused, {told['lost']} connections lost")
    cpu, database = cpu / told["moves"] * 1e6, database / told["moves"] * 1e6
    return Line(pairs, told["moves"] / told["seconds"], cpu, database, memory, told)


Found = dict[str, list[Line]]
"""Lines by the name of the subject."""


def in_turn(
    subjects: list[Subject],
    pairs: int,
    seconds: float,
    times: int,
    rate_of: Callable[[Subject], float | None] = lambda _: None,
    how: Callable[[Running, int, float, float | None], Line] = play,
) -> Found:
    """Measure each of them, then all again: what disturbs the machine disturbs them alike."""
    found: Found = {subject.name: [] for subject in subjects}
    for _ in range(times):
        for subject in subjects:
            try:
                with fresh(subject) as server:
                    line = how(server, pairs, seconds, rate_of(subject))
            except Failed as failure:
                console.print(f"{subject.name}, {pairs} pairs: {failure}", style="red")
            else:
                found[subject.name].append(line)
                note_losses(subject.name, line.told)
    return found


def note_losses(name: str, told: dict[str, Any]) -> None:
    """Say so if moves were refused or connections lost, for there is no reason for either."""
    if told["refused"] or told["lost"]:
        lost = f"refused {told['refused']}, connections lost {told['lost']}"
        console.print(f"{name}: {lost}", style="red")


def least(lines: list[Line]) -> Line | None:
    """The run with the least CPU a move: what disturbs can only add."""
    return min(lines, key=lambda line: line.cpu, default=None)


def add_rows(table: Table, subjects: list[Subject], found: Found) -> None:
    """A row for each subject."""
    references = [least(found.get(name, [])) for name in ("limit", "bare")]
    for subject in subjects:
        line = least(found[subject.name])
        if line is None:
            table.add(["", subject.name, "failed", *[""] * (len(COLUMNS) - 3)])
            continue
        spread = max(other.cpu for other in found[subject.name]) / line.cpu - 1
        ratios = [f"{line.cpu / other.cpu:.2f}" if other else "" for other in references]
        mover, opponent = line.told["to_mover"], line.told["to_opponent"]
        enough = 2 * line.pairs >= _ENOUGH
        table.add(
            [
                *(str(line.pairs), subject.name, f"{line.moves_per_second:,.0f}"),
                *(f"{line.cpu:.1f}", f"+{spread:.0%}", *ratios),
                f"{line.database_cpu:.1f}" if has_server(subject) else "",
                *(f"{who[key]}" for who in (mover, opponent) for key in ("p50", "p99", "max")),
                f"{line.memory / 1024:.1f}" if enough else "",
                f"{line.told['generator_busy']:.0%}",
            ]
        )
