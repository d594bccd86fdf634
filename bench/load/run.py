"""`make bench`: every server under load beside the bare ones, as tables (see results.md).

Each line is a server process on one core and its clients on the other. "Limit" is the bare server
of `limit.py` with canned answers, "bare" the same that reads and writes its messages, both in the
same rounds; what matters is the ratio to them, since absolute figures change from machine to
machine and from hour to hour. The databases named by the URLs lose what is in them.
"""

import argparse
import logging
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from bench.load import floods, idle, rounds
from bench.load.report import Table, console, replace_section
from bench.load.rounds import Found, add_rows, in_turn, least, rally
from bench.load.server import Failed, Subject
from bench.load.subjects import URLS, bare, commit, machine, ours, version_of

_RESULTS = Path(__file__).parents[1] / "results.md"
_BARE = len(bare())
_PARTS = ("closed", "moves", "rate", "floods", "idle")
_MEASURED = "Least CPU of {times} runs of {seconds:g} s each, and how much more the worst took. "


def main() -> None:
    """Measure and print."""
    told = _arguments()
    logging.getLogger("asyncmy").setLevel(logging.ERROR)  # it remarks on names of keys
    urls, versions = _reachable(told.urls)
    heading = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()}.",
        f"{machine()}. {', '.join(versions)}.",
    ]
    tables = _measure(told, urls)
    console.print("\n".join(heading))
    for table in tables:
        table.show()
    if told.write:
        content = [" ".join(heading) + "\n", *(table.markdown() for table in tables)]
        replace_section(_RESULTS, "\n".join(content))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", default=URLS, help="default: all three, if reachable")
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--pairs", type=int, nargs="+", default=[1, 10, 50, 200, 1000])
    parser.add_argument("--seconds", type=float, default=3, help="how long each run is measured")
    parser.add_argument("--times", type=int, default=3, help="rounds, in each all servers in turn")
    parser.add_argument("--rate", type=float, help="moves a second; default: half of the greatest")
    parser.add_argument("--rate-pairs", type=int, default=50, help="pairs for all but `closed`")
    parser.add_argument("--flood-rate", type=float, help="default: a third of the greatest")
    parser.add_argument("--flood-seconds", type=float, default=8)
    parser.add_argument("--logins", type=float, default=50, help="with a password, a second")
    parser.add_argument("--guests", type=float, default=500, help="who come, a second")
    parser.add_argument(
        "--connections", type=float, default=500, help="that never log in, a second"
    )
    parser.add_argument("--expired", type=int, default=100_000, help="matches for the sweep")
    parser.add_argument("--idle", type=int, default=10_000, help="connections that do nothing")
    parser.add_argument("--write", action="store_true", help=f"into {_RESULTS.name}")
    return parser.parse_args()


def _reachable(urls: list[str]) -> tuple[list[str], list[str]]:
    """Those that can be reached, and what they are."""
    found, versions = [], []
    for url in urls:
        try:
            versions.append(version_of(make_url(url)))
            found.append(url)
        except Failed as failure:
            console.print(str(failure), style="red")
    return found, versions


def _measure(told: argparse.Namespace, urls: list[str]) -> list[Table]:
    subjects = [*bare(), *map(ours, urls)]
    tables = []
    fastest: Found = {}
    if "closed" in told.parts:
        table, fastest = _closed(told, subjects)
        tables.append(table)
    if "moves" in told.parts:
        tables.append(_moves(told, subjects))
    if "rate" in told.parts:
        tables.append(_rate(told, subjects, fastest))
    if "floods" in told.parts:
        tables.append(_floods(told, urls, fastest))
    if "idle" in told.parts:
        about = (
            "Guests log in as fast as it goes, 50 at a time, and do nothing for "
            "30 s. What they receive meanwhile is counted in frames and in bytes of payload."
        )
        tables.append(Table("Idle", about, idle.COLUMNS))
        idle.measure(tables[-1], subjects[_BARE - 1 :], told.idle)
    return tables


def _closed(told: argparse.Namespace, subjects: list[Subject]) -> tuple[Table, Found]:
    """Also returns what was found with the number of pairs that the other parts have."""
    about = _MEASURED.format(**vars(told)) + "Each pair moves as soon as both have the last move."
    table = Table("Closed loop", about, rounds.COLUMNS)
    fastest: Found = {}
    for pairs in told.pairs:
        found = in_turn(subjects, pairs, told.seconds, told.times)
        add_rows(table, subjects, found)
        if pairs == told.rate_pairs:
            fastest = found
    return table, fastest


def _moves(told: argparse.Namespace, subjects: list[Subject]) -> Table:
    about = (
        "The same for moves alone: the clock stands still while matches are made and given up. "
        + _MEASURED.format(**vars(told))
    )
    table = Table("Moves alone", about, rounds.COLUMNS)
    for pairs in told.pairs:
        add_rows(table, subjects, in_turn(subjects, pairs, told.seconds, told.times, how=rally))
    return table


def _rate(told: argparse.Namespace, subjects: list[Subject], fastest: Found) -> Table:
    if told.rate is None and not fastest:
        fastest = in_turn(subjects[_BARE:], told.rate_pairs, 3, 1)
    about = "A fixed rate of moves, each timed from when it was due: "
    about += (
        "half of what each can, for the bare ones half of what the best of the others can"
        if told.rate is None
        else f"{told.rate:,.0f} a second"
    )
    table = Table("Fixed rate", f"{about}. {_MEASURED.format(**vars(told))}", rounds.COLUMNS)
    halves = {
        subject.name: line.moves_per_second / 2
        for subject in subjects[_BARE:]
        if (line := least(fastest.get(subject.name, [])))
    }
    best = max(halves.values(), default=1000.0)  # costs depend on the rate

    def rate_of(subject: Subject) -> float | None:
        return told.rate or halves.get(subject.name, best)

    found = in_turn(subjects, told.rate_pairs, told.seconds, told.times, rate_of)
    add_rows(table, subjects, found)
    return table


def _floods(told: argparse.Namespace, urls: list[str], fastest: Found) -> Table:
    about = (
        f"{told.rate_pairs} pairs play at a fixed rate while others log in with passwords, come "
        "as guests and stay, connect and say nothing, or a sweep ends what has expired; each flood "
        f"for {told.flood_seconds:g} s, after as long without it in the same run of the server."
    )
    table = Table("Floods", about, floods.COLUMNS)
    weather = floods.Weather(
        pairs=told.rate_pairs,
        seconds=told.flood_seconds,
        logins=told.logins,
        guests=told.guests,
        connections=told.connections,
        expired=told.expired,
    )
    for url in urls:
        greatest = least(fastest.get(ours(url).name, []))
        third = greatest.moves_per_second / 3 if greatest else None
        floods.measure(table, url, weather, told.flood_rate or third)
    return table


if __name__ == "__main__":
    main()
