"""The opponents: who they are and how each moves, from one a child beats to full strength.

Gentle ones play like people: they look at the sub-board before them and overlook what a move gives
away on another; they misjudge by some amount; they take what wins at once nearly always. What they
never do: throw away a won match by a random move. Never clocks or matches: how long an opponent
seems to think is decided by the server.
"""

import math
import random
from dataclasses import dataclass
from typing import Final

from uttt.engine import outlook
from uttt.engine.search import Engine
from uttt.engine.verdict import Limits, Verdict
from uttt.rules.position import Position, legal_moves, play

CONTEMPT: Final = 0.04
"""So much less than one half a draw is worth to the strong opponents: they play to win."""
_VARIED_PLIES: Final = 4
"""As long as so few moves were made, strong opponents choose among good ones."""
_VARIED_LIMITS: Final = Limits(depth=8, nodes=200_000)
_AS_GOOD: Final = 0.01
"""Of the expected result."""


@dataclass(frozen=True, slots=True)
class Level:
    """An opponent. Only the fields up to `elo` are shown to players."""

    name: str
    """The name of its account, `bot-...`."""
    title: str
    face: str
    """One emoji."""
    description: str
    elo: int
    """Measured against the other levels: docs/opponents.md."""
    limits: Limits
    """Of one search. Gentle levels look few plies ahead."""
    tunnel: float = 0.0
    """How likely it judges a move by its looks, without thinking of the answer. Drawn per move."""
    noise: float = 0.0
    """By how much it misjudges a move: the standard deviation, in logits."""
    alert: float = 1.0
    """How likely it sees that a move wins the match at once."""


LEVELS: Final = (
    Level(
        "bot-chick", "Pip the chick", "🐣",
        "Has just hatched and plays whatever looks nice. Everybody's first win.",
        400, Limits(depth=1), tunnel=1.0, noise=3.0, alert=0.6,
    ),
    Level(
        "bot-mouse", "Minnie the mouse", "🐭",
        "Likes three in a row, and forgets where that sends you.",
        617, Limits(depth=1), tunnel=0.9, noise=0.9, alert=0.85,
    ),
    Level(
        "bot-rabbit", "Rosa the rabbit", "🐰",
        "Thinks of your answer, when nothing more exciting is to be seen.",
        724, Limits(depth=2), tunnel=0.5, noise=0.6, alert=0.95,
    ),
    Level(
        "bot-cat", "Carlo the cat", "🐱",
        "Patient, and quick to pounce. Sometimes looks the wrong way.",
        874, Limits(depth=3), tunnel=0.2, noise=0.4, alert=0.98,
    ),
    Level(
        "bot-fox", "Frieda the fox", "🦊",
        "Knows the tricks. Plan ahead, or be outfoxed.",
        1143, Limits(depth=4), tunnel=0.05, noise=0.2,
    ),
    Level(
        "bot-badger", "Bruno the badger", "🦡",
        "Digs deep and holds what he has.",
        1279, Limits(depth=5), tunnel=0.02, noise=0.12,
    ),
    Level(
        "bot-owl", "Otto the owl", "🦉",
        "Has read all the books and seldom errs.",
        1513, Limits(nodes=3_000), noise=0.08,
    ),
    Level(
        "bot-falcon", "Fenja the falcon", "🦅",
        "Sees from afar where you will be weak.",
        1679, Limits(nodes=2_500),
    ),
    Level(
        "bot-wolf", "Wanda the wolf", "🐺",
        "Hunts every slip to the end.",
        1965, Limits(nodes=40_000, seconds=0.5),
    ),
    Level(
        "bot-dragon", "Drakon the dragon", "🐲",
        "The strongest that we have: a second of thought for each move. Good luck.",
        2119, Limits(seconds=1.0),
    ),
)  # fmt: skip
"""All opponents, the gentlest first."""


def named(name: str) -> Level | None:
    """The level of this name, None if there is none."""
    return next((level for level in LEVELS if level.name == name), None)


def choose(engine: Engine, level: Level, position: Position, chance: random.Random) -> int:
    """The move that this opponent makes. Raises ValueError if the match is over."""
    moves = legal_moves(position)
    if len(moves) == 1:
        return moves[0]
    if level.tunnel == 0 and level.noise == 0:
        if position.plies >= _VARIED_PLIES:
            return engine.search(position, level.limits, contempt=CONTEMPT).move
        return _varied(engine, position, chance)
    if chance.random() < level.alert:
        wins = [move for move in moves if _wins(position, move)]
        if wins:
            return chance.choice(wins)
    verdicts = {verdict.move: verdict for verdict in engine.rank(position, level.limits)}

    def liking(move: int) -> float:
        glances = chance.random() < level.tunnel
        seen = _glance(position, move) if glances else _logit(verdicts[move])
        return seen + chance.gauss(0, level.noise)

    likings = {move: liking(move) for move in moves}
    return max(moves, key=lambda move: likings[move])


def _varied(engine: Engine, position: Position, chance: random.Random) -> int:
    """One of the moves that are as good as the best: nobody shall win the same match twice."""
    verdicts = engine.rank(position, _VARIED_LIMITS)
    best = verdicts[0].chance
    return chance.choice(
        [verdict.move for verdict in verdicts if verdict.chance >= best - _AS_GOOD]
    )


def _wins(position: Position, move: int) -> bool:
    after = play(position, move)
    return after.result is not None and outlook.chance(after) == 0


def _glance(position: Position, move: int) -> float:
    """How a move looks to somebody who thinks of no answer to it, in logits."""
    after = play(position, move)
    if after.result is not None:
        return _clamp(1 - outlook.chance(after))
    return -outlook.logit(after)


def _logit(verdict: Verdict) -> float:
    return _clamp(verdict.chance)


def _clamp(chance: float) -> float:
    """The logit of a chance, sure things being worth 6."""
    return math.log(max(chance, 0.0025) / max(1 - chance, 0.0025))
