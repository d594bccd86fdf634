"""Whole games as the old server kept them: read back, they are what was played, and go on so."""

import json
import random
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from support import naive
from support.classic import new_state, state_after
from support.naive import EVERY_MOVE, Grid, Move
from uttt.domain.classic import read_match
from uttt.rules.notation import coordinates, format_position, move_at, parse_position, parse_setup
from uttt.rules.position import Position, Result, legal_moves, play, start

choices = st.builds(
    lambda head, seed: head + random.Random(seed).choices(range(10_000), k=100),
    st.lists(st.integers(0, 80), max_size=40),
    st.integers(0, 2**32),
)


def read(moves: list[int], *, noted: bool) -> Position:
    """The position that is read of what the old server has kept of these moves."""
    state = state_after(tuple(coordinates(move)) for move in moves)
    if not noted:
        state.update(game_over=False, is_draw=False, player_won=None)
    found = read_match(json.dumps(state), state["active_player"])
    assert found.names == ("ann", "bob")
    assert found.noted is (noted and found.position.result is not None)
    return found.position


@settings(deadline=None)
@given(choices, st.integers(0, 81))
def test_any_position_of_a_game(drawn: list[int], until: int) -> None:
    """All of it is the same, so it also goes on in the same way to the same result."""
    position, moves = start(), []
    for choice in drawn[:until]:
        possible = legal_moves(position)
        if not possible:
            break
        moves.append(possible[choice % len(possible)])
        position = play(position, moves[-1])
    assert read(moves, noted=True) == position
    assert read(moves, noted=False) == position
    line = format_position(position)
    assert parse_setup(line) == parse_position(line) == position


@dataclass
class OldServer:
    """A match on the old server, with its fault: on a free move into a board that was won, the mark
    is set in memory only.
    """

    stored: Grid = field(default_factory=lambda: [[0] * 9 for _ in range(9)])
    memory: set[Move] = field(default_factory=set)
    last: Move | None = None
    turn: int = 0
    lost: int = 0

    def possible(self, *, faulty: bool) -> list[Move]:
        boards = naive.global_field(self.stored)
        if naive.owner(boards):
            return []
        forced = None if self.last is None else self.last[2:]
        if forced is not None and boards[forced[1]][forced[0]]:
            forced = None
        allowed = (0, 1, 2) if faulty and forced is None else (0,)
        return [
            move
            for move in EVERY_MOVE
            if boards[move[1]][move[0]] in allowed
            and forced in (None, move[:2])
            and move not in self.memory
        ]

    def play(self, move: Move) -> None:
        sub_x, sub_y, x, y = move
        if naive.global_field(self.stored)[sub_y][sub_x]:
            self.lost += 1
        else:
            self.stored[3 * sub_y + y][3 * sub_x + x] = 1 + self.turn
        self.memory.add(move)
        self.last, self.turn = move, 1 - self.turn

    @property
    def over(self) -> bool:
        boards = naive.global_field(self.stored)
        return naive.owner(boards) > 0 or all(board for row in boards for board in row)


@settings(deadline=None)
@given(choices, st.integers(0, 100))
def test_games_with_marks_that_were_lost(drawn: list[int], until: int) -> None:
    """They go on under the rules: the same moves are legal, to the same result."""
    old = OldServer()
    for choice in drawn[:until]:
        if old.over:
            break
        possible = old.possible(faulty=True)
        old.play(possible[choice % len(possible)])
    state = new_state(old.stored, old.last, old.turn, "ann", "bob")
    position = read_match(json.dumps(state), None if old.over else state["active_player"]).position
    for choice in drawn[until:]:
        assert parse_setup(format_position(position)) == position
        if old.over:
            break
        assert position.turn == old.turn
        possible = old.possible(faulty=False)
        assert legal_moves(position) == sorted(move_at(*move) for move in possible)
        move = possible[choice % len(possible)]
        old.play(move)
        position = play(position, move_at(*move))
    if old.over:
        winner = naive.owner(naive.global_field(old.stored))
        assert position.result is (Result.DRAW, Result.FIRST, Result.SECOND)[winner]
