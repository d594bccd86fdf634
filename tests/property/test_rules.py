"""Whole games of any kind: the fast rules against the plain ones, and every text read back."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naive_rules import NaiveGame
from uttt.rules.notation import (
    NotationError,
    coordinates,
    format_game,
    format_move,
    format_position,
    move_at,
    parse_game,
    parse_move,
    parse_position,
)
from uttt.rules.position import (
    FREE_CHOICE,
    IllegalMove,
    Position,
    board_state,
    compose,
    legal,
    legal_moves,
    perft,
    play,
    result,
    start,
)
from uttt.rules.rulesets import RULESETS, Ruleset

rulesets = st.sampled_from(sorted(RULESETS.values(), key=lambda ruleset: ruleset.name))
# Only choices are drawn; what they choose among depends on the position. After some choices of
# Hypothesis' own a seed decides the rest, so that every game is played to its end: lists alone
# are mostly too short for that.
choices = st.builds(
    lambda head, seed: head + random.Random(seed).choices(range(10_000), k=81),
    st.lists(st.integers(0, 80), max_size=40),
    st.integers(0, 2**32),
)


def square(move: int) -> tuple[int, int]:
    """Row and column on the 9x9 board."""
    board, cell = divmod(move, 9)
    return board // 3 * 3 + cell // 3, board % 3 * 3 + cell % 3


def play_out(ruleset: Ruleset, drawn: list[int]) -> tuple[list[Position], list[int]]:
    positions, moves = [start(ruleset)], []
    for choice in drawn:
        possible = legal_moves(positions[-1])
        if not possible:
            break
        moves.append(possible[choice % len(possible)])
        positions.append(play(positions[-1], moves[-1]))
    return positions, moves


def assert_same(position: Position, naive: NaiveGame) -> None:
    assert {square(move) for move in legal_moves(position)} == naive.legal_squares()
    assert legal(position) == sum(1 << move for move in legal_moves(position))
    assert (position.result.value if position.result else None) == naive.result()
    assert result(position) is position.result
    for board in range(9):
        assert board_state(position, board) == naive.status[board // 3][board % 3]
        assert bool(position.closed >> board & 1) == naive.is_closed(board % 3, board // 3)
    for move in range(81):
        row, column = square(move)
        mark = (position.first >> move & 1) + 2 * (position.second >> move & 1)
        assert mark == naive.field[row][column]
    target = naive.target()
    assert position.forced == (FREE_CHOICE if target is None else target[0] + 3 * target[1])
    assert position.turn + 1 == naive.player


@given(rulesets, choices)
@settings(max_examples=120, deadline=None)
def test_the_fast_rules_play_as_the_plain_ones(ruleset: Ruleset, drawn: list[int]) -> None:
    positions, moves = play_out(ruleset, drawn)
    naive = NaiveGame(ruleset.name)
    assert_same(positions[0], naive)
    for position, move in zip(positions[1:], moves, strict=True):
        naive.play(*square(move))
        assert_same(position, naive)
        assert position.last == move
    assert positions[-1].plies == len(moves)
    assert naive.result() is not None  # the games drawn here are whole ones


@given(rulesets, choices)
@settings(max_examples=60, deadline=None)
def test_every_move_that_is_not_legal_is_refused_with_its_reason(
    ruleset: Ruleset, drawn: list[int]
) -> None:
    positions, _ = play_out(ruleset, drawn)
    for position in positions[-3:]:
        possible = set(legal_moves(position))
        for move in range(-90, 180):
            if move in possible:
                continue
            with pytest.raises(IllegalMove) as refusal:
                play(position, move)
            board = move // 9
            if not 0 <= move <= 80:
                expected = "out_of_range"
            elif position.result:
                expected = "match_over"
            elif position.forced not in (FREE_CHOICE, board):
                expected = "wrong_board"
            elif position.closed >> board & 1:
                expected = "board_closed"
            else:
                expected = "cell_taken"
            assert refusal.value.code == expected


@given(rulesets, choices)
@settings(max_examples=60, deadline=None)
def test_perft_counts_what_play_allows(ruleset: Ruleset, drawn: list[int]) -> None:
    def count(position: Position, depth: int) -> int:
        if depth == 0:
            return 1
        return sum(count(play(position, move), depth - 1) for move in legal_moves(position))

    for position in play_out(ruleset, drawn)[0][-6:]:
        assert perft(position, 1) == count(position, 1)
        assert perft(position, 2) == count(position, 2)


@given(rulesets, choices)
@settings(max_examples=60, deadline=None)
def test_a_position_is_the_sum_of_its_parts(ruleset: Ruleset, drawn: list[int]) -> None:
    for position in play_out(ruleset, drawn)[0]:
        parts = (position.first, position.second), position.boards_won
        composed = compose(ruleset, *parts, forced=position.forced, last=position.last)
        assert composed == position


@given(st.integers(0, 80))
def test_moves_are_read_back(move: int) -> None:
    assert move_at(*coordinates(move)) == move
    assert parse_move(format_move(move)) == move


@given(rulesets, choices)
@settings(max_examples=60, deadline=None)
def test_games_are_read_back(ruleset: Ruleset, drawn: list[int]) -> None:
    positions, moves = play_out(ruleset, drawn)
    assert parse_game(format_game(moves, ruleset)) == (positions[-1], moves)


@given(rulesets, choices)
@settings(max_examples=60, deadline=None)
def test_positions_are_read_back(ruleset: Ruleset, drawn: list[int]) -> None:
    for position in play_out(ruleset, drawn)[0]:
        assert parse_position(format_position(position)) == position
        nameless = position._replace(last=-1)
        assert parse_position(format_position(nameless)) == nameless


@given(rulesets, choices, st.integers(0, 81), st.integers(0, 80), st.sampled_from(".xo"))
@settings(max_examples=60, deadline=None)
def test_a_position_with_a_square_changed_is_refused_or_read_as_written(
    ruleset: Ruleset, drawn: list[int], ply: int, move: int, mark: str
) -> None:
    positions, _ = play_out(ruleset, drawn)
    position = positions[min(ply, len(positions) - 1)]
    first, second = position.first & ~(1 << move), position.second & ~(1 << move)
    changed = position._replace(
        first=first | (mark == "x") << move, second=second | (mark == "o") << move
    )
    line = format_position(changed)
    try:
        read = parse_position(line)
    except NotationError:
        assert changed != position
    else:
        assert format_position(read) == line
        assert read.first.bit_count() - read.second.bit_count() in (0, 1)


@given(st.text(alphabet="xo=.-/ 123456789abcdefghi:standrope", max_size=60))
@settings(max_examples=200)
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for parse in (parse_move, parse_game, parse_position):
        with contextlib.suppress(NotationError):
            parse(text)
