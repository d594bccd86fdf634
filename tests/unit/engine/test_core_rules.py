"""The core's own rules agree with `uttt.rules`, move by move, and its sums with sums made anew."""

import random

import pytest

from uttt.engine.compiled.board import follow, perft
from uttt.rules.position import Position, Result, legal_moves, play, start
from uttt.rules.rulesets import RULESETS

RESULTS = {None: 0, Result.FIRST: 1, Result.SECOND: 2, Result.DRAW: 3}


@pytest.mark.parametrize(
    ("name", "count"), [("standard", 33782544), ("most-boards", 33782544), ("open", 33702480)]
)
def test_perft_to_ply_7(name: str, count: int) -> None:
    assert perft(start(RULESETS[name]), 7) == count


@pytest.mark.parametrize("name", RULESETS)
def test_random_games_go_the_same_way_from_any_of_their_positions(name: str) -> None:
    draw = random.Random(name)
    for _ in range(200):
        positions, moves = game(name, draw)
        first = draw.randrange(len(moves))
        seen = follow(positions[first], moves[first:])
        for position, (result, closed, _, legal) in zip(positions[first + 1 :], seen, strict=True):
            assert result == RESULTS[position.result]
            assert closed == position.closed
            assert legal == legal_moves(position)


def test_keys_are_equal_for_equal_positions_only() -> None:
    draw, keys = random.Random(8), dict[int, Position]()
    for _ in range(200):
        name = draw.choice(list(RULESETS))
        positions, moves = game(name, draw)
        for position, (_, _, key, _) in zip(
            positions[1:], follow(positions[0], moves), strict=True
        ):
            if position.result is None:
                bare = position._replace(last=0)
                assert keys.setdefault(key, bare) == bare
    assert len(keys) > 5_000


def game(name: str, draw: random.Random) -> tuple[list[Position], list[int]]:
    positions, moves = [start(RULESETS[name])], []
    while positions[-1].result is None:
        moves.append(draw.choice(legal_moves(positions[-1])))
        positions.append(play(positions[-1], moves[-1]))
    return positions, moves
