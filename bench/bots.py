"""`python -m bench.bots`: what people notice of bots that think: their moves with and without them.

Pairs play at a fixed rate, first alone, then while people play against bots without a pause, so
that every worker thinks all the time. The server and its workers share one core, the clients have
the other: a host whose server has a core to itself notices less. The goal is a p99 of at most 1.5
times that without bots. The databases named by the URLs lose what is in them.
"""

import argparse
import time
from datetime import UTC, datetime

from bench.load.clients import client
from bench.load.floods import COLUMNS, Course
from bench.load.report import Table, console
from bench.load.rounds import play
from bench.load.server import Failed
from bench.load.subjects import URLS, commit, fresh, machine, ours

_ONSET = 2.0
"""Seconds in which the workers start and the bots begin to think."""


def main() -> None:
    """Measure and print."""
    told = _arguments()
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()}. {machine()}.")
    table = Table("Bots that think", "", COLUMNS)
    for url in told.urls:
        for _ in range(told.times):
            try:
                _measure(table, url, told)
            except Failed as failure:
                console.print(f"{url}: {failure}", style="red")
    table.show()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", default=URLS[:1], help="default: SQLite")
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--rate", type=float, help="moves a second; default: a third of the most")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2, help="workers")
    parser.add_argument("--people", type=int, default=8, help="who play against bots")
    parser.add_argument("--bot", default="bot-dragon", help="whom they play")
    return parser.parse_args()


def _measure(table: Table, url: str, told: argparse.Namespace) -> None:
    rate = told.rate
    if rate is None:
        with fresh(ours(url)) as server:
            rate = play(server, told.pairs, 3, None).moves_per_second / 3
    subject = ours(url, UTTT_ENGINE_PROCESSES=str(told.processes), UTTT_BOT_DELAY="1ms")
    pace = ("--pairs", told.pairs, "--rate", rate)
    people = ("--people", told.people, "--bot", told.bot)
    with (
        fresh(subject) as server,
        client("generator", server.url, *pace) as generator,
        client("opponents", server.url, *people, yielding=True) as opponents,
    ):
        course = Course(table, subject.name, server, generator)
        course.alone(told.seconds)

        def end() -> tuple[str, str]:
            found = opponents.order("end")
            waited = f"{found['moves_per_second']:.1f} moves of bots a second, "
            waited += f"after {found['waited']['p50']} ms"
            return f"{found['busy']:.0%}", waited

        opponents.order("begin")
        time.sleep(_ONSET)
        course.watch(f"{told.processes} workers think", lambda: time.sleep(told.seconds), end)


if __name__ == "__main__":
    main()
