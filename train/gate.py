"""The gate: a match that a new network must win before it takes the place of the old one.

Openings are random and played twice, with colours swapped; every move has the same processor time,
so that other work on the machine favours nobody. Never training.
"""

import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Self

from train.evaluation import use
from uttt.engine.compiled.searcher import Searcher
from uttt.rules.position import Position, Result, legal_moves, play, start

LEAST_GAMES: Final = 200
_OPENING: Final = 4
"""So many first moves are random."""
_CONFIDENT: Final = 1.96
"""Standard errors on each side of a 95 % interval."""
_MEGABYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Score:
    """How a match came out, seen by the first of the two."""

    wins: int
    draws: int
    losses: int
    mean: float
    """Points a game, a draw being a half."""
    error: float
    """Half the width of the 95 % interval of `mean`, from the scores of pairs of games."""

    def __str__(self) -> str:
        low, high = (elo(self.mean + side * self.error) for side in (-1, 1))
        return (
            f"+{self.wins} ={self.draws} -{self.losses}, {100 * self.mean:.1f} %, "
            f"Elo {elo(self.mean):+.0f} [{low:+.0f}, {high:+.0f}]"
        )

    @property
    def passed(self) -> bool:
        """Whether the games are enough, and the first is better beyond the error."""
        games = self.wins + self.draws + self.losses
        return games >= LEAST_GAMES and self.mean - self.error > 0.5  # noqa: PLR2004 - even


def elo(mean: float) -> float:
    """The difference in rating at which one scores so many points a game (logistic, 400)."""
    mean = min(max(mean, 1e-3), 1 - 1e-3)
    return 400 * math.log10(mean / (1 - mean))


def score(pairs: list[tuple[float, float]]) -> Score:
    """The score of pairs of games, each game 0, 0.5 or 1. Raises ValueError if there are none."""
    if not pairs:
        raise ValueError("no games were played")
    games = [game for pair in pairs for game in pair]
    means = [sum(pair) / 2 for pair in pairs]
    mean = sum(means) / len(means)
    spread = sum((value - mean) ** 2 for value in means) / max(1, len(means) - 1)
    return Score(
        wins=games.count(1.0),
        draws=games.count(0.5),
        losses=games.count(0.0),
        mean=mean,
        error=_CONFIDENT * math.sqrt(spread / len(means)),
    )


class Contestant:
    """A network that plays, in a process of its own: a process has one network. A context."""

    def __init__(self, net: Path | None) -> None:
        """`net` None: the hand-made evaluation."""
        context = get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_contend, args=(there, net), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._here.send(None)
        self._process.join()

    def move(self, position: Position, milliseconds: int) -> int:
        """Its move. Raises EOFError if the process has died."""
        self._here.send((position, milliseconds))
        move: int = self._here.recv()
        return move


def _contend(connection: Connection, net: Path | None) -> None:
    use(net)
    searcher = Searcher(_MEGABYTES, processor_time=True)
    while (asked := connection.recv()) is not None:
        position, milliseconds = asked
        if position.plies <= _OPENING + 1:
            searcher.forget()
        _, _, _, line = searcher.search(position, milliseconds * 1_000_000, 0, 0)
        connection.send(line[0])


def contest(
    new: Path | None,
    old: Path | None,
    *,
    games: int,
    milliseconds: int,
    jobs: int = 2,
    seed: int = 1,
    report: Callable[[Score], None] | None = None,
) -> Score:
    """Play `games` in pairs, `jobs` at a time, each move `milliseconds` of processor time."""
    chance = random.Random(seed)
    openings = [_opening(chance) for _ in range(games // 2)]
    pairs: list[tuple[float, float]] = []

    def play_share(share: list[Position]) -> None:
        with Contestant(new) as first, Contestant(old) as second:
            for opening in share:
                black = _play_out(opening, (first, second), milliseconds)
                white = _play_out(opening, (second, first), milliseconds)
                pairs.append((black, 1 - white))
                if report is not None:
                    report(score(pairs))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(play_share, [openings[job::jobs] for job in range(jobs)]))
    return score(pairs)


def _opening(chance: random.Random) -> Position:
    position = start()
    for _ in range(_OPENING):
        position = play(position, chance.choice(legal_moves(position)))
    return position


def _play_out(
    position: Position, players: tuple[Contestant, Contestant], milliseconds: int
) -> float:
    """The first player's result: 1, 0.5 or 0."""
    while position.result is None:
        position = play(position, players[position.turn].move(position, milliseconds))
    return {Result.FIRST: 1.0, Result.SECOND: 0.0, Result.DRAW: 0.5}[position.result]
