"""The gate: a match that a new network must win before it takes the place of the old one.

Openings, pairs and error bars are those of `uttt.engine.contest`; every move has the same processor
time, so that other work on the machine favours nobody. Never training.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Final, Self

from train.evaluation import use
from uttt.engine import Engine, Limits
from uttt.engine.contest import Tally, opening, play_pair
from uttt.rules.position import play, start

LEAST_GAMES: Final = 200
_OPENING_PLIES: Final = 4


def passes(tally: Tally) -> bool:
    """Whether the games are enough, and the first is better beyond the error."""
    return 2 * len(tally.pairs) >= LEAST_GAMES and tally.score - tally.error > 0.5  # noqa: PLR2004


def describe(tally: Tally) -> str:
    """Games, score and Elo with its interval, in a line."""
    low, likeliest, high = (value + 0.0 for value in tally.elo)  # no minus before a zero
    return (
        f"+{tally.wins} ={tally.draws} -{tally.losses}, {100 * tally.score:.1f} %, "
        f"Elo {likeliest:+.0f} [{low:+.0f}, {high:+.0f}]"
    )


class Contestant:
    """A network that plays, in a process of its own: a process has one network. A context."""

    def __init__(self, net: Path | None, seconds: float) -> None:
        """`net` None: the hand-made evaluation. `seconds`: processor time of a move."""
        context = get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_contend, args=(there, net, seconds), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._here.send(None)
        self._process.join()

    def move(self, moves: Sequence[int]) -> int:
        """Its move after these. Raises EOFError if the process has died."""
        self._here.send(list(moves))
        move: int = self._here.recv()
        return move


def _contend(connection: Connection, net: Path | None, seconds: float) -> None:
    use(net)
    engine = Engine(processor_time=True)
    limits = Limits(seconds=seconds)
    while (moves := connection.recv()) is not None:
        position = start()
        for move in moves:
            position = play(position, move)
        if len(moves) <= _OPENING_PLIES + 1:
            engine.new_game()
        connection.send(engine.search(position, limits).move)


def contest(
    new: Path | None,
    old: Path | None,
    *,
    games: int,
    milliseconds: int,
    jobs: int = 2,
    seed: int = 1,
    report: Callable[[Tally], None],
) -> Tally:
    """Play `games` in pairs, `jobs` at a time, each move `milliseconds` of processor time.

    Tells after each pair how it stands, seen by `new`.
    """
    tally = Tally()
    lock = Lock()

    def play_share(numbers: range) -> None:
        nonlocal tally
        seconds = milliseconds / 1000
        with Contestant(new, seconds) as first, Contestant(old, seconds) as second:
            for number in numbers:
                points = play_pair(opening(seed, number, _OPENING_PLIES), first.move, second.move)
                with lock:
                    tally = tally.with_pair(*points)
                    report(tally)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(play_share, [range(job, games // 2, jobs) for job in range(jobs)]))
    return tally
