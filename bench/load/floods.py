"""What floods do to those who play: log-ins with passwords, guests who come, connections
that say nothing, a great sweep.

Each in one run of a server, while pairs play at a fixed rate: first without it, then with it. The
clients of a flood are a process of their own, which gives way to the generator whose latencies
count.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from bench import expiring
from bench.load.clients import Client, client
from bench.load.report import Table, console
from bench.load.rounds import note_losses, play
from bench.load.server import Failed, Running
from bench.load.subjects import fresh, ours

_ONSET = 1.0
"""Seconds of a flood before it is measured."""
_PREPARING = 8
"""Seconds, besides what is measured, until the server is to sweep again."""
_GLANCE = 0.5
"""Seconds between two looks at how far the sweep is."""
COLUMNS = (
    *("server", "while", "moves/s", "to mover p50 ms", "p99", "max", "p99 / alone"),
    *("to opponent p99", "server busy", "generator busy", "generator late p99", "max"),
    *("clients busy", "the flood"),
)


@dataclass(frozen=True, slots=True)
class Weather:
    """How hard it rains. Rates per second."""

    pairs: int
    seconds: float
    logins: float
    guests: float
    connections: float
    expired: int


class Course:
    """The phases of one run."""

    def __init__(self, table: Table, subject: str, server: Running, generator: Client) -> None:
        self._table = table
        self._subject = subject
        self.server = server
        self._generator = generator
        self._alone: float | None = None

    def alone(self, seconds: float) -> None:
        """Begin to play, and measure what the flood is compared with."""
        self._generator.order("play")
        self.watch("alone", lambda: time.sleep(seconds), lambda: ("", ""))

    def watch(
        self, name: str, wait: Callable[[], None], end: Callable[[], tuple[str, str]]
    ) -> None:
        """Measure while `wait` waits; `end` ends the flood and says how busy it was and what came
        of it.
        """
        self._generator.order("begin")
        cpu, started = self.server.cpu(), time.perf_counter()
        wait()
        busy = (self.server.cpu() - cpu) / (time.perf_counter() - started)
        told = self._generator.order("end")
        mover, opponent = told["to_mover"], told["to_opponent"]
        if mover["p99"] is None:
            raise Failed("no move was acknowledged")
        self._alone = self._alone or mover["p99"]
        self._table.add(
            [
                *(self._subject, name, f"{told['moves'] / told['seconds']:,.0f}"),
                *(f"{mover[key]}" for key in ("p50", "p99", "max")),
                f"{mover['p99'] / self._alone:.2f}",
                *(f"{opponent['p99']}", f"{busy:.0%}", f"{told['generator_busy']:.0%}"),
                *(f"{told['late'][key]}" for key in ("p99", "max")),
                *end(),
            ]
        )
        note_losses(self._subject, told)


def measure(table: Table, url: str, weather: Weather, rate: float | None) -> None:
    """A row for each flood; without a rate the pairs play at a third of what they can."""
    name = ours(url).name
    try:
        if rate is None:
            with fresh(ours(url)) as server:
                rate = play(server, weather.pairs, 3, None).moves_per_second / 3
        with tempfile.TemporaryDirectory() as directory:
            place = make_url(url)
            if place.get_backend_name() == "sqlite":
                place = place.set(database=str(Path(directory) / "expiring.db"))
            _measure(table, place, weather, rate)
    except Failed as failure:
        console.print(f"{name}, floods: {failure}", style="red")


def _measure(table: Table, url: URL, weather: Weather, rate: float) -> None:
    started = time.perf_counter()
    expiring.fill(url, weather.expired)
    filled = time.perf_counter() - started
    console.print(f"{weather.expired:,} matches in {filled:.0f} s", style="dim")
    for kind, wanted in (
        ("logins", weather.logins),
        ("guests", weather.guests),
        ("connections", weather.connections),
    ):
        with _course(table, url, weather, rate, kind) as course:
            told = ("--rate", wanted)
            with client("visitors", course.server.url, kind, *told, yielding=True) as visitors:
                course.alone(weather.seconds)
                _flood(course, f"{wanted:.0f} {kind} a second", visitors, weather.seconds)
    with _course(table, url, weather, rate, "sweep") as course:
        course.alone(weather.seconds)
        _sweep(course, url, weather)


@contextmanager
def _course(table: Table, url: URL, weather: Weather, rate: float, names: str) -> Iterator[Course]:
    """A server on what was filled in, and pairs that play."""
    interval = f"{_until_sweep(weather)}s"
    settings = {"UTTT_CHECK_INTERVAL": interval, "UTTT_LOGIN_TIMEOUT": "1h"}
    subject = ours(url.render_as_string(hide_password=False), **settings)
    told = ("--pairs", weather.pairs, "--rate", rate, "--names", names)
    with fresh(subject, empty=False) as server, client("generator", server.url, *told) as generator:
        yield Course(table, subject.name, server, generator)


def _until_sweep(weather: Weather) -> float:
    return _PREPARING + weather.seconds


def _flood(course: Course, name: str, visitors: Client, seconds: float) -> None:
    def end() -> tuple[str, str]:
        told = visitors.order("end")
        came = f"{told['done_per_second']:.0f} a second are in, after {told['waited']['p50']} ms"
        kept = f"{told['failed']} failed, {told['waiting']} still wait"
        return f"{told['busy']:.0%}", f"{came}; {kept}"

    visitors.order("begin")
    time.sleep(_ONSET)
    course.watch(name, lambda: time.sleep(seconds), end)


def _sweep(course: Course, url: URL, weather: Weather) -> None:
    """From when the sweep has begun, for the usual time or until it is done."""
    expiring.let_begin(url, weather.expired)
    latest = time.perf_counter() + 2 * _until_sweep(weather)
    while (before := expiring.left(url)) == weather.expired:
        if time.perf_counter() > latest:
            raise Failed("the sweep did not begin")
        time.sleep(_GLANCE)
    started = time.perf_counter()

    def wait() -> None:
        while time.perf_counter() < started + weather.seconds:
            time.sleep(_GLANCE)
            if not expiring.left(url):
                break

    def end() -> tuple[str, str]:
        seconds = time.perf_counter() - started
        swept = before - expiring.left(url)
        return "", f"{swept:,} of {weather.expired:,} matches expired in {seconds:.1f} s"

    course.watch("sweep", wait, end)
