"""How matches end under each ruleset. Games are written as in `uttt.rules.notation`."""

import pytest

from uttt.rules.notation import parse_game, parse_move
from uttt.rules.position import (
    FREE_CHOICE,
    LINES,
    IllegalMove,
    Position,
    Result,
    board_state,
    compose,
    legal,
    legal_moves,
    play,
    result,
    start,
)
from uttt.rules.rulesets import MOST_BOARDS, RULESETS, Ruleset

every_ruleset = pytest.mark.parametrize("ruleset", RULESETS.values(), ids=lambda r: r.name)

# Games to the last sub-board without a line; the last move settles that sub-board.
LAST_BOARD_WON_BY_FIRST_WHO_HAS_MORE = (
    "g1 a2 b6 d9 a8 c6 i8 h4 e3 e8 d6 b8 f5 h6 f8 g5 a5 b4 d3 c9 h7 e2 f6 g7 c2 h5 e5 d5 a4 c1 g2 "
    "c4 h3 e7 f3 i7 g3 b9 d7 b2 d4 c3 h8 b7 e9 d8 b5 a3 h9 f7 c5"
)
LAST_BOARD_WON_BY_SECOND_WHO_HAS_MORE = (
    "f1 i2 g5 a4 b2 f4 i3 g7 b3 d9 c9 i9 h9 d7 a2 b5 e4 d3 b9 f9 h7 d1 c3 h8 f6 e9 e6 c6 e1 d2 a9 "
    "i1 g2 c2 i6 h1 g4 b1 g6 d5 e5 a1 a3 g1"
)
LAST_BOARD_WON_AND_BOTH_HAVE_AS_MANY = (
    "b8 f5 i4 i2 h4 e2 f4 i3 h7 e1 d2 a5 c5 h6 d9 b9 e9 f7 h1 f2 i5 g6 c7 i1 a9 e7 f1 b1 e3 d7 b2 "
    "e5 d4 c2 i6 i7 e4 d3 g7 c1 i8 f3 g8 b4 d1 a1 h8 a6 b6 c4 b5 a4"
)
LAST_BOARD_DRAWN_AND_SECOND_HAS_MORE = (
    "a3 c8 g6 b8 d4 b1 d1 c1 h1 d2 b5 f4 i2 h5 e4 f3 i9 i7 g3 a8 b6 e8 d6 e7 d3 e2 f5 g4 c2 i6 g9 "
    "i3 h8 d5 b4 f2 c3 i8 g2 f9 g8 b3 e9 f7 g1 a1 f6 g7 e5 d7 h7 h9"
)
LAST_BOARD_MAKES_A_LINE = (
    "a3 b8 e5 f5 i6 g7 b3 e7 f2 i5 h5 f6 i9 h7 f1 i2 h6 f8 g6 b7 f3 i8 c9 i7 h2 d5 b6 d7 c3 f7 i1 "
    "g1 b5 d6 c7 g2 a5 a4 a7 a6 c8 f4 h3 b4 c4 g3 c5"
)
# All 81 squares filled where won sub-boards stay open.
FULL_BOARD_DRAWN = (
    "open: h5 d6 a7 b2 f6 g9 c8 i6 i8 i5 h4 f3 h7 e2 e4 e3 e7 f2 g5 c6 i9 h9 d8 b5 d4 b1 f1 h3 d9 "
    "b7 d2 a5 c4 g2 b6 f8 h6 f9 g8 a4 c3 h8 f4 g1 b3 e9 e8 d5 a6 a9 b8 e5 e6 d7 c1 g3 a8 b4 d1 a3 "
    "c7 h1 d3 c9 g7 a2 c5 g6 b9 f7 h2 f5 i4 i1 i3 i7 i2 g4 a1 c2 e1"
)


def after(game: str) -> Position:
    return parse_game(game)[0]


@every_ruleset
@pytest.mark.parametrize("player", [0, 1])
@pytest.mark.parametrize("line", LINES)
def test_three_won_sub_boards_in_a_line_win_the_match(
    ruleset: Ruleset, player: int, line: int
) -> None:
    last = line.bit_length() - 1
    mine = sum(0o007 << 9 * board for board in range(9) if line >> board & 1) & ~(4 << 9 * last)
    theirs = 0o003 << 9 * ((~line & 0o777).bit_length() - 1)  # in a sub-board apart
    won = line & ~(1 << last)
    before = compose(
        ruleset,
        (theirs, mine) if player else (mine, theirs),
        (0, won) if player else (won, 0),
    )._replace(turn=player)
    assert result(before) is None
    position = play(before, 9 * last + 2)
    assert result(position) is (Result.SECOND if player else Result.FIRST)
    assert position.boards_won[player] == line
    assert position.forced == FREE_CHOICE
    assert (legal(position), legal_moves(position)) == (0, [])


@every_ruleset
def test_drawn_sub_boards_count_for_nobody(ruleset: Ruleset) -> None:
    """Two won and one drawn in a row are no line."""
    drawn_x, drawn_o = 0o215, 0o162
    position = compose(ruleset, (0o007 | 0o007 << 9 | drawn_x << 18, drawn_o << 18), (0b011, 0))
    position = play(position._replace(turn=0), 18 + 8)
    assert board_state(position, 2) == 3
    assert result(position) is None


def test_a_line_with_the_last_open_sub_board_wins() -> None:
    position = after(LAST_BOARD_MAKES_A_LINE)
    assert position.closed == 0o777
    assert result(position) is Result.FIRST


@pytest.mark.parametrize(
    "game",
    [
        LAST_BOARD_WON_BY_FIRST_WHO_HAS_MORE,
        LAST_BOARD_WON_BY_SECOND_WHO_HAS_MORE,
        LAST_BOARD_WON_AND_BOTH_HAVE_AS_MANY,
        LAST_BOARD_DRAWN_AND_SECOND_HAS_MORE,
    ],
)
def test_standard_is_a_draw_when_the_last_open_sub_board_closes_without_a_line(game: str) -> None:
    before = after(game.rsplit(" ", 1)[0])
    assert before.closed.bit_count() == 8
    assert result(before) is None
    position = after(game)
    assert position.closed == 0o777
    assert result(position) is Result.DRAW
    assert legal(position) == 0


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (LAST_BOARD_WON_BY_FIRST_WHO_HAS_MORE, Result.FIRST),
        (LAST_BOARD_WON_BY_SECOND_WHO_HAS_MORE, Result.SECOND),
        (LAST_BOARD_WON_AND_BOTH_HAVE_AS_MANY, Result.DRAW),
        (LAST_BOARD_DRAWN_AND_SECOND_HAS_MORE, Result.SECOND),
        (LAST_BOARD_MAKES_A_LINE, Result.FIRST),
    ],
)
def test_most_boards_wins_when_there_is_no_line(game: str, expected: Result) -> None:
    assert result(after(f"most-boards: {game}")) is expected


def test_a_line_beats_more_sub_boards_in_most_boards() -> None:
    """The first player lacks a line with four sub-boards, the second completes one with three."""
    three_in_a_row = 0o007
    first = sum(three_in_a_row << 9 * board for board in (1, 2, 3, 4))
    second = (three_in_a_row << 54) + (three_in_a_row << 63) + (0o003 << 72)
    before = compose(MOST_BOARDS, (first, second), (0b000_011_110, 0b011_000_000))
    position = play(before._replace(turn=1), 74)
    assert result(position) is Result.SECOND


def test_open_ends_only_when_all_cells_are_full() -> None:
    before = after(FULL_BOARD_DRAWN.rsplit(" ", 1)[0])
    assert before.plies == 80
    assert result(before) is None
    assert legal_moves(before) == [parse_move("e1")]
    position = after(FULL_BOARD_DRAWN)
    assert (position.plies, position.closed) == (81, 0o777)
    assert result(position) is Result.DRAW


@every_ruleset
def test_a_composed_position_that_is_won_forces_nothing(ruleset: Ruleset) -> None:
    position = compose(ruleset, (0o007 | 0o007 << 9 | 0o007 << 18, 0), (0o007, 0), forced=5)
    assert (position.result, position.forced) == (Result.FIRST, FREE_CHOICE)


def test_the_values_of_results_are_stable() -> None:
    assert [(r.name, r.value) for r in Result] == [
        ("FIRST", "first"),
        ("SECOND", "second"),
        ("DRAW", "draw"),
    ]


def test_board_states_are_told_apart() -> None:
    position = after(LAST_BOARD_WON_AND_BOTH_HAVE_AS_MANY)
    assert [board_state(position, board) for board in range(9)] == [2, 3, 2, 2, 1, 1, 1, 2, 1]
    assert board_state(start(), 0) == 0


@pytest.mark.parametrize("move", [-1, 81])
def test_a_move_outside_the_board_is_that_also_after_the_end(move: int) -> None:
    with pytest.raises(IllegalMove, match="out_of_range"):
        play(after(LAST_BOARD_MAKES_A_LINE), move)


@pytest.mark.parametrize("move", range(81))
def test_every_move_is_refused_after_the_end(move: int) -> None:
    with pytest.raises(IllegalMove, match="match_over"):
        play(after(LAST_BOARD_WON_BY_FIRST_WHO_HAS_MORE), move)
