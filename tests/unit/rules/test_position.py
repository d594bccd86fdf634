"""Each rule of the course of play, by example. Games are written as in `uttt.rules.notation`."""

import pytest

from uttt.rules.notation import parse_game, parse_move
from uttt.rules.position import (
    FREE_CHOICE,
    LINES,
    NO_MOVE,
    IllegalMove,
    Position,
    board_state,
    compose,
    legal,
    legal_moves,
    play,
    result,
    start,
)
from uttt.rules.rulesets import MOST_BOARDS, OPEN, RULESETS, STANDARD, Ruleset

every_ruleset = pytest.mark.parametrize("ruleset", RULESETS.values(), ids=lambda r: r.name)
closing_ruleset = pytest.mark.parametrize("ruleset", [STANDARD, MOST_BOARDS], ids=lambda r: r.name)


def after(game: str) -> Position:
    return parse_game(game)[0]


def boards_of(position: Position) -> set[int]:
    """The sub-boards that the next move may be in."""
    return {move // 9 for move in legal_moves(position)}


def refusal(position: Position, move: int) -> str:
    with pytest.raises(IllegalMove) as refused:
        play(position, move)
    assert str(refused.value) == refused.value.code
    return refused.value.code


# --- the course of play ---


@every_ruleset
def test_the_first_move_is_free(ruleset: Ruleset) -> None:
    position = start(ruleset)
    assert legal_moves(position) == list(range(81))
    assert legal(position) == 2**81 - 1
    assert (position.ruleset, position.turn, position.plies) == (ruleset, 0, 0)
    assert (position.forced, position.last) == (FREE_CHOICE, NO_MOVE)
    assert result(position) is None


def test_standard_is_what_start_starts() -> None:
    assert start() == start(STANDARD)


@every_ruleset
def test_the_players_alternate_and_mark_their_own_cells(ruleset: Ruleset) -> None:
    position = play(play(play(start(ruleset), 40), 36), 1)
    assert (position.turn, position.plies, position.last) == (1, 3, 1)
    assert position.marks(0) == position.first == 1 << 40 | 1 << 1
    assert position.marks(1) == position.second == 1 << 36


@every_ruleset
@pytest.mark.parametrize("cell", range(9))
def test_a_cell_sends_to_the_sub_board_at_its_place(ruleset: Ruleset, cell: int) -> None:
    position = play(start(ruleset), 9 * 4 + cell)
    assert position.forced == cell
    assert legal_moves(position) == [m for m in range(9 * cell, 9 * cell + 9) if m != 40]


def test_play_leaves_the_position_before_as_it_was() -> None:
    before = start()
    play(before, 40)
    assert before == start()
    with pytest.raises(AttributeError):
        before.turn = 1  # type: ignore[misc]


# --- sub-boards ---


@every_ruleset
@pytest.mark.parametrize("player", [0, 1])
@pytest.mark.parametrize("line", LINES)
def test_a_line_wins_a_sub_board(ruleset: Ruleset, player: int, line: int) -> None:
    last = line.bit_length() - 1
    elsewhere = 0b11 << 9  # two harmless marks of the other in sub-board 1, a third for the turn
    mine, theirs = line & ~(1 << last), elsewhere | (1 << 18 if player else 0)
    marks = (theirs, mine) if player else (mine, theirs)
    position = play(compose(ruleset, marks, (0, 0)), last)
    assert board_state(position, 0) == player + 1
    assert position.boards_won == ((0, 1) if player else (1, 0))
    assert [board_state(position, board) for board in range(1, 9)] == [0] * 8
    assert position.closed == (1 if ruleset.won_boards_close else 0)
    assert result(position) is None


@every_ruleset
def test_a_line_of_two_players_wins_nothing(ruleset: Ruleset) -> None:
    position = play(compose(ruleset, (0b001, 0b010), (0, 0)), 2)
    assert board_state(position, 0) == 0


@every_ruleset
def test_a_full_sub_board_without_a_line_is_drawn_and_closed(ruleset: Ruleset) -> None:
    #  x o x / x o o / o x .
    position = play(compose(ruleset, (0o215, 0o162), (0, 0)), 8)
    assert board_state(position, 0) == 3
    assert (position.drawn, position.closed, position.boards_won) == (1, 1, (0, 0))


@every_ruleset
def test_the_last_cell_of_a_sub_board_can_win_it(ruleset: Ruleset) -> None:
    #  x o o / o x x / o x .   the diagonal a1 b2 c3
    position = play(compose(ruleset, (0o261, 0o116), (0, 0)), 8)
    assert board_state(position, 0) == 1
    assert (position.drawn, position.closed) == (0, 1)


@closing_ruleset
def test_no_move_into_a_won_sub_board_even_if_it_has_free_cells(ruleset: Ruleset) -> None:
    #  the top row of sub-board 0 won, then sent there
    position = play(compose(ruleset, (0o007, 0o600 << 9), (1, 0), forced=4), 9 * 4)
    assert position.forced == FREE_CHOICE
    assert boards_of(position) == set(range(1, 9))
    assert refusal(position, 5) == "board_closed"


def test_a_won_sub_board_stays_playable_in_open() -> None:
    position = play(compose(OPEN, (0o007, 0o600 << 9), (1, 0), forced=4), 9 * 4)
    assert position.forced == 0
    assert legal_moves(position) == [3, 4, 5, 6, 7, 8]


def test_a_won_sub_board_keeps_its_winner_in_open() -> None:
    position = compose(OPEN, (0o007 | 0o7 << 27, 0o060 | 0o30 << 36), (1 << 0 | 1 << 3, 0))
    assert position.turn == 0
    position = play(position._replace(turn=1), 3)  # o completes the middle row of sub-board 0
    assert position.second & 0o777 == 0o070
    assert board_state(position, 0) == 1
    assert position.boards_won == (0b1001, 0)


def test_a_won_sub_board_closes_when_full_in_open_and_is_not_drawn() -> None:
    #  x x x / o o x / o o .
    position = compose(OPEN, (0o047, 0o330), (1, 0))
    assert position.closed == 0
    position = play(position, 8)
    assert (position.closed, position.drawn, board_state(position, 0)) == (1, 0, 1)
    assert refusal(position._replace(forced=FREE_CHOICE), 0) == "board_closed"


@every_ruleset
def test_sent_to_a_drawn_sub_board_the_choice_is_free(ruleset: Ruleset) -> None:
    drawn = compose(ruleset, (0o215 | 1 << 8, 0o162 | 1 << 9), (0, 0), forced=4)
    position = play(drawn, 9 * 4)
    assert position.forced == FREE_CHOICE
    assert boards_of(position) == set(range(1, 9))


@closing_ruleset
def test_a_move_that_closes_the_sub_board_it_points_to_leaves_the_choice_free(
    ruleset: Ruleset,
) -> None:
    position = play(compose(ruleset, (0o110, 0o060 << 9), (0, 0)), 0)
    assert board_state(position, 0) == 1
    assert position.forced == FREE_CHOICE
    assert boards_of(position) == set(range(1, 9))


def test_a_free_choice_excludes_taken_cells() -> None:
    position = compose(STANDARD, (0o007 | 1 << 80, 0o600 << 9 | 1 << 72), (1, 0))
    free = set(range(9, 81)) - {80, 72, 16, 17}
    assert set(legal_moves(position)) == free


# --- refusals ---


@pytest.mark.parametrize("move", [-82, -1, 81, 1000])
def test_a_move_outside_the_board_is_refused(move: int) -> None:
    assert refusal(start(), move) == "out_of_range"


def test_a_move_into_another_than_the_forced_sub_board_is_refused() -> None:
    position = after("e5")
    assert {refusal(position, move) for move in range(81) if move // 9 != 4} == {"wrong_board"}


def test_a_taken_cell_is_refused() -> None:
    assert refusal(after("e5"), parse_move("e5")) == "cell_taken"
    assert refusal(after("e5 d4 b2"), parse_move("e5")) == "cell_taken"
