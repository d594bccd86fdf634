"""Versions of the server side by side: `python -m bench.load.side_by_side URL FOLDER FOLDER ...`.

A folder is a copy of `src`, with what is compiled in it. All of them run at the same time, and the
bare server, on one core. In turn each plays one rally (see `rally.py`) while the others stand
still, so that whatever the machine does hits all alike: they agree within 3 % where runs one after
the other differ by half. On a database server each has a database of its own, the one of the URL
and those with 2, 3, ... behind its name, and they lose what is in them.

With `--matches` it is the closed loop, with matches that are made and ended all the time: each
plays for a moment, then its clients are stopped wherever they are.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, median

from sqlalchemy.engine import URL, make_url

from bench.load.clients import Client, client
from bench.load.report import Table, console
from bench.load.server import Running, database_cpu
from bench.load.subjects import bare, fresh, ours, replace_database, version_of

_WARM_UP = 4
"""Rallies of each that are not measured."""
_MOMENT = 0.4
"""Seconds for which each plays, of the closed loop."""
_SETTLING = 0.1
"""Seconds that the server has for what its clients have still said, and for what gathers."""
_COLUMNS = ("server", "turns", "CPU µs/move", "/ bare", "median", "/ bare", "to mover p99 ms")
_COLUMNS_OF_MATCHES = ("server", "turns", "CPU µs/move", "/ bare", "database µs/move")


@dataclass(slots=True)
class Contestant:
    """One server, its clients, and the CPU of each of its turns in seconds."""

    name: str
    server: Running
    clients: Client
    found: list[float] = field(default_factory=list)
    database: float = 0.0
    """Seconds of CPU of the database servers in its moments."""

    def begin(self) -> None:
        """Begin to measure."""
        self.clients.order("begin")
        self.found.clear()
        self.database = 0.0

    def rally(self) -> float:
        """Play one; return the seconds that it took."""
        self.clients.order("deal")
        before = self.server.cpu()
        seconds = float(self.clients.order("rally")["seconds"])
        self.found.append(self.server.cpu() - before)
        self.clients.order("give_up")
        return seconds

    def moment(self) -> float:
        """Let the closed loop run for a moment; return the seconds."""
        before, database = self.server.cpu(), database_cpu()
        self.clients.go_on()
        time.sleep(_MOMENT)
        self.clients.pause()
        time.sleep(_SETTLING)
        self.found.append(self.server.cpu() - before)
        self.database += database_cpu() - database
        return _MOMENT


def measure(url: URL, folders: list[Path], pairs: int, seconds: float, *, matches: bool) -> Table:
    """Play until all together have played for so many seconds."""
    subjects = [bare()[1]]
    for number, folder in enumerate(folders):
        own = _own_database(url, number)
        version_of(own)  # which makes it
        subject = ours(own.render_as_string(hide_password=False), PYTHONPATH=str(folder.resolve()))
        subjects.append(replace(subject, name=folder.name))
    with ExitStack() as stack:
        contestants = []
        for subject in subjects:
            server = stack.enter_context(fresh(subject))
            module = "generator" if matches else "rally"
            clients = stack.enter_context(client(module, server.url, "--pairs", pairs))
            contestants.append(Contestant(subject.name, server, clients))
        if matches:
            _play_in_turn(contestants, seconds)
            return _table_of_matches(url, pairs, contestants)
        for one in contestants:
            for _ in range(_WARM_UP):
                one.rally()
            one.begin()
        _take_turns(contestants, Contestant.rally, seconds)
        return _table(url, pairs, contestants)


def _play_in_turn(contestants: list[Contestant], seconds: float) -> None:
    for one in contestants:
        one.clients.order("play")
        one.clients.pause()
    for one in contestants:
        one.clients.go_on()
        one.begin()
        one.clients.pause()
        time.sleep(_SETTLING)
    _take_turns(contestants, Contestant.moment, seconds)


def _take_turns(
    contestants: list[Contestant], turn: Callable[[Contestant], float], seconds: float
) -> None:
    played = 0.0
    while played < seconds:
        played += sum(turn(one) for one in contestants)


def _own_database(url: URL, number: int) -> URL:
    if url.get_backend_name() == "sqlite" or not number:  # a new file in a new folder
        return url
    return replace_database(url, f"{url.database}{number + 1}")


def _table(url: URL, pairs: int, contestants: list[Contestant]) -> Table:
    table = Table(url.get_backend_name(), f"Moves alone, {pairs} pairs.", _COLUMNS)
    reference = contestants[0].found
    for one in contestants:
        told = one.clients.order("end")
        moves = told["moves"] / len(one.found)
        row = [one.name, str(len(one.found))]
        for measure_of in (mean, median):
            row.append(f"{measure_of(one.found) / moves * 1e6:.1f}")
            row.append(f"{measure_of(one.found) / measure_of(reference):.2f}")
        table.add([*row, str(told["to_mover"]["p99"])])
    return table


def _table_of_matches(url: URL, pairs: int, contestants: list[Contestant]) -> Table:
    title = f"With matches that are made and ended, {pairs} pairs."
    table = Table(url.get_backend_name(), title, _COLUMNS_OF_MATCHES)
    bare_cpu = 0.0
    for one in contestants:
        one.clients.go_on()
        moves = one.clients.order("end")["moves"]
        one.clients.pause()
        cpu = sum(one.found) / moves * 1e6
        bare_cpu = bare_cpu or cpu
        figures = f"{cpu:.1f}", f"{cpu / bare_cpu:.2f}", f"{one.database / moves * 1e6:.1f}"
        table.add([one.name, str(len(one.found)), *figures])
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", type=make_url)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20, help="of play, of all together")
    parser.add_argument("--matches", action="store_true", help="the closed loop")
    told = parser.parse_args()
    table = measure(told.url, told.folders, told.pairs, told.seconds, matches=told.matches)
    table.show()
    console.print("The servers took turns; what counts is the ratio.")


if __name__ == "__main__":
    main()
