"""The opponents: who they are, and that they move like players."""

import random

import pytest

from uttt.domain.names import fold_name
from uttt.engine import LEVELS, Engine, choose
from uttt.engine.contest import Mover, Tally, opening, play_pair
from uttt.engine.levels import Level, named
from uttt.rules.position import Position, Result, legal_moves, play, start

GENTLE = LEVELS[:3]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(megabytes=2)


def test_there_are_at_least_six_with_names_that_accounts_can_have() -> None:
    assert len(LEVELS) >= 6
    assert len({level.name for level in LEVELS}) == len(LEVELS)
    for level in LEVELS:
        assert level.name.startswith("bot-")
        assert fold_name(level.name) == level.name
        assert level.title
        assert level.face
        assert level.description
        assert named(level.name) is level
    assert named("bot-nobody") is None


def test_they_are_ordered_by_strength() -> None:
    ratings = [level.elo for level in LEVELS]
    assert ratings == sorted(set(ratings))


@pytest.mark.parametrize("level", LEVELS[:-1], ids=lambda level: level.name)
def test_each_makes_legal_moves_only(engine: Engine, level: Level) -> None:
    position, chance = start(), random.Random(level.name)
    while position.result is None:
        position = play(position, choose(engine, level, position, chance))
    assert position.plies > 16


@pytest.mark.parametrize("level", LEVELS[1:4], ids=lambda level: level.name)
def test_a_win_at_once_is_seen_nearly_always(engine: Engine, level: Level) -> None:
    chance, taken = random.Random(1), 0
    positions = won_at_once(50)
    for position in positions:
        taken += play(position, choose(engine, level, position, chance)).result is not None
    assert taken >= 40


def test_the_gentlest_beats_chance_and_loses_to_the_next_but_one(engine: Engine) -> None:
    chance = random.Random(5)

    def by_chance(moves: object) -> int:
        return chance.choice(legal_moves(after(moves)))

    def by(level: Level) -> Mover:
        return lambda moves: choose(engine, level, after(moves), chance)

    against_chance, against_better = Tally(), Tally()
    for number in range(20):
        begun = opening(1, number, 4)
        against_chance = against_chance.with_pair(*play_pair(begun, by(LEVELS[0]), by_chance))
        against_better = against_better.with_pair(*play_pair(begun, by(LEVELS[0]), by(LEVELS[3])))
    assert against_chance.score > 0.5
    assert against_better.score < 0.3


def after(moves: object) -> Position:
    position = start()
    assert isinstance(moves, list)
    for move in moves:
        position = play(position, move)
    return position


def won_at_once(number: int) -> list[Position]:
    """Positions in which the side to move has a move that wins the match."""
    draw, found = random.Random(4), list[Position]()
    while len(found) < number:
        position = before = start()
        while position.result is None:
            before = position
            position = play(position, draw.choice(legal_moves(position)))
        if position.result is not Result.DRAW:
            found.append(before)
    return found
