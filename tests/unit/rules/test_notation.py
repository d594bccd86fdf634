"""Texts of moves, games and positions, and what is refused."""

import pytest

from uttt.rules.notation import (
    NotationError,
    compass,
    coordinates,
    format_game,
    format_move,
    format_position,
    move_at,
    parse_game,
    parse_move,
    parse_position,
)
from uttt.rules.position import FREE_CHOICE, NO_MOVE, Result, board_state, start
from uttt.rules.rulesets import MOST_BOARDS, OPEN, STANDARD

# --- moves ---


@pytest.mark.parametrize(
    ("move", "place", "square"),
    [
        (0, (0, 0, 0, 0), "a1"),
        (8, (0, 0, 2, 2), "c3"),
        (2, (0, 0, 2, 0), "c1"),
        (6, (0, 0, 0, 2), "a3"),
        (18, (2, 0, 0, 0), "g1"),
        (23, (2, 0, 2, 1), "i2"),
        (40, (1, 1, 1, 1), "e5"),
        (54, (0, 2, 0, 0), "a7"),
        (80, (2, 2, 2, 2), "i9"),
    ],
)
def test_moves(move: int, place: tuple[int, int, int, int], square: str) -> None:
    assert coordinates(move) == place
    assert move_at(*place) == move
    assert format_move(move) == square
    assert parse_move(square) == move


def test_squares_have_81_different_names() -> None:
    assert len({format_move(move) for move in range(81)}) == 81


@pytest.mark.parametrize("place", [(3, 0, 0, 0), (0, -1, 0, 0), (0, 0, 9, 0), (0, 0, 0, 3)])
def test_coordinates_outside_the_board_are_refused(place: tuple[int, int, int, int]) -> None:
    with pytest.raises(NotationError, match="0, 1 or 2"):
        move_at(*place)


@pytest.mark.parametrize(
    "text", ["", "e", "5e", "e0", "e10", "j1", "E5", " e5", "e5\n", "e\u0665", "e5e5", "-"]
)
def test_what_is_no_square_is_refused(text: str) -> None:
    with pytest.raises(NotationError, match="not a square") as refused:
        parse_move(text)
    assert refused.value.ply is None


def test_places_in_words() -> None:
    assert [compass(index) for index in range(9)] == [
        *("north-west", "north", "north-east"),
        *("west", "centre", "east"),
        *("south-west", "south", "south-east"),
    ]


@pytest.mark.parametrize("index", [-1, 9])
def test_there_are_nine_places(index: int) -> None:
    with pytest.raises(ValueError, match="0 to 8"):
        compass(index)


# --- games ---


def test_a_standard_game_is_just_its_moves() -> None:
    assert format_game([40, 36, 4]) == "e5 d4 b2"
    position, moves = parse_game("e5 d4 b2")
    assert moves == [40, 36, 4]
    assert (position.ruleset, position.plies, position.last) == (STANDARD, 3, 4)


def test_another_ruleset_is_named() -> None:
    assert format_game([40, 36], MOST_BOARDS) == "most-boards: e5 d4"
    position, moves = parse_game("most-boards: e5 d4")
    assert moves == [40, 36]
    assert position.ruleset == MOST_BOARDS


def test_a_game_without_moves() -> None:
    assert format_game([]) == ""
    assert format_game([], OPEN) == "open:"
    assert parse_game("") == (start(), [])
    assert parse_game("open:") == (start(OPEN), [])


def test_white_space_and_the_name_of_standard_are_tolerated() -> None:
    assert parse_game(" standard :\n e5\td4  ") == parse_game("e5 d4")


@pytest.mark.parametrize(
    ("text", "message", "ply"),
    [
        ("e5 d4 z9", "move 3 is not a square", 3),
        ("e5,d4", "move 1 is not a square", 1),
        ("e5 a1", r"move 2 \(a1\) is not legal: wrong board", 2),
        ("open: e5 d4 b2 e5", r"move 4 \(e5\) is not legal: cell taken", 4),
        ("chess: e5", "unknown ruleset, known are standard, most-boards, open", None),
        (": e5", "unknown ruleset", None),
        ("open: open: e5", "unknown ruleset", None),
    ],
)
def test_what_is_no_game_is_refused(text: str, message: str, ply: int | None) -> None:
    with pytest.raises(NotationError, match=message) as refused:
        parse_game(text)
    assert refused.value.ply == ply


# --- positions ---

START = "9/9/9/9/9/9/9/9/9 ......... x - - standard"


def test_the_line_of_the_start() -> None:
    assert format_position(start()) == START
    assert parse_position(START) == start()


def test_the_line_of_a_position_from_a_game() -> None:
    position, _ = parse_game("e5 f5")
    line = "9/9/9/9/4xo3/9/9/9/9 ......... x 5 f5 standard"
    assert format_position(position) == line
    assert parse_position(line) == position


def test_a_line_without_the_last_move() -> None:
    position = parse_position("9/9/9/9/4xo3/9/9/9/9 ......... x 5 - standard")
    assert (position.plies, position.last, position.forced) == (2, NO_MOVE, 5)


def test_a_line_with_closed_sub_boards_and_a_result() -> None:
    line = "2oo5/1o7/9/9/9/9/xxxxxxxxx/1o1oo2oo/9 ......xxx o - i7 standard"
    position = parse_position(line)
    assert format_position(position) == line
    assert position.result is Result.FIRST
    assert position.forced == FREE_CHOICE
    assert position.boards_won == (0b111_000_000, 0)


# A sub-board with lines of both: who had his first is told by the second field alone.
BOTH_LINES = "xxx6/ooo6/9/9/9/9/9/9/9"


@pytest.mark.parametrize(("state", "winner"), [("x", 1), ("o", 2)])
def test_open_keeps_who_was_first_where_both_have_a_line(state: str, winner: int) -> None:
    line = f"xxx6/ooo6/6x2/9/9/9/3o5/9/9 {state}........ x 0 d7 open"
    position = parse_position(line)
    assert board_state(position, 0) == winner
    assert format_position(position) == line


def test_a_line_that_comes_second_may_be_the_last_move() -> None:
    assert parse_position(f"{BOTH_LINES} x........ x 3 a2 open").boards_won == (1, 0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        # not well-formed
        ("", "six fields"),
        ("9/9/9/9/9/9/9/9/9 ......... x - -", "six fields"),
        (START + " ", "six fields"),
        (START.replace(" x", "  x"), "six fields"),
        (START.replace("standard", "chess"), "unknown ruleset"),
        (START.replace("9/9/9 ", "9/9 "), "nine rows"),
        (START.replace("9/", "8/", 1), "row 1 must have nine squares"),
        (START.replace("9 ", "9x ", 1), "row 9 must have nine squares"),
        (START.replace("9/", "45/", 1), "row 1 must be of"),
        (START.replace("9/", "0x8/", 1), "row 1 must be of"),
        (START.replace("9/", "X8/", 1), "row 1 must be of"),
        (START.replace(".........", "........"), "nine of"),
        (START.replace(".........", "........?"), "nine of"),
        (START.replace("x - -", "x 9 -"), "0 to 8"),
        (START.replace("x - -", "x q -"), "0 to 8"),
        (START.replace("x - -", "x - e10"), "not a square"),
        # numbers of marks, and whose turn
        (START.replace(" x ", " o "), "player to move"),
        (START.replace(" x ", " X "), "player to move"),
        ("o8/9/9/9/9/9/9/9/9 ......... o 0 - standard", "turns"),
        ("xx7/9/9/9/9/9/9/9/9 ......... x 0 - standard", "turns"),
        # states of sub-boards
        (START.replace("........ ", ".......= "), "state of sub-board 8"),
        ("xxx6/9/9/9/oo7/9/9/9/9 ......... o 2 c1 standard", "marks in sub-board 0"),
        ("xx7/9/9/9/o8/9/9/9/9 x........ o 1 b1 standard", "marks in sub-board 0"),
        ("xxx6/9/9/9/oo7/9/9/9/9 o........ o 2 c1 standard", "marks in sub-board 0"),
        (f"{BOTH_LINES} x........ x - - standard", "marks in sub-board 0"),
        (f"{BOTH_LINES} ......... x - - open", "marks in sub-board 0"),
        ("xxx6/9/xxx6/oo7/oo7/o8/9/9/9 x........ o - - standard", "marks in sub-board 0"),
        # the last move and the forced sub-board
        (START.replace("x - -", "x - e5"), "before the first move"),
        (START.replace("x - -", "x 4 -"), "before the first move"),
        ("9/9/9/9/4x4/9/9/9/9 ......... o 3 e5 standard", "last move does not lead"),
        ("9/9/9/9/4x4/9/9/9/9 ......... o - e5 standard", "last move does not lead"),
        ("9/9/9/9/4x4/9/9/9/9 ......... o 0 d4 standard", "last move does not lead"),
        ("9/9/9/9/4xo3/9/9/9/9 ......... x 4 e5 standard", "last move does not lead"),
        ("9/9/9/9/4x4/9/9/9/9 ......... o 3 - standard", "no last move leads"),
        ("9/9/9/9/4x4/9/9/9/9 ......... o - - standard", "no last move leads"),
        # the last move completed a line, too late to win a sub-board where the other has one
        (f"{BOTH_LINES} o........ x 3 a2 open", "last move does not lead"),
    ],
)
def test_what_is_no_position_is_refused(line: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        parse_position(line)


# The first player has won sub-boards 6, 7, 8: he must have moved last, and nothing is forced.
WON = "2oo5/1o7/9/9/9/9/xxxxxxxxx/1o1oo2oo/9 ......xxx o - - standard"


def test_a_won_position_passes() -> None:
    assert parse_position(WON).result is Result.FIRST


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (WON.replace("o - -", "o 2 -"), "match is over"),
        (WON.replace("o - -", "o - c1"), "last move does not lead"),
        # the loser moved last
        (WON.replace("2oo5", "2ooo4").replace(" o - -", " x - -"), "no last move leads"),
        # both have three sub-boards in a row
        (
            "ooooooooo/9/9/9/9/9/xxxxxxxxx/9/9 ooo...xxx x - - standard",
            "no last move leads",
        ),
        # two lines of sub-boards that share none
        (
            "xxxxxxxxx/9/oo1oo1oo1/9/oo1oo1oo1/9/xxxxxxxxx/9/oo1oo1o2 xxx...xxx o - - standard",
            "no last move leads",
        ),
    ],
)
def test_impossible_ends_are_refused(line: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        parse_position(line)


def test_a_last_move_into_a_won_sub_board_is_refused_unless_that_stays_open() -> None:
    """The square a9 of the second player cannot follow the line of the first in its sub-board."""
    line = "9/9/9/9/9/9/xxx6/9/o2oo4 ......x.. x {forced} {last} {ruleset}"
    assert parse_position(line.format(forced="-", last="d9", ruleset="standard"))
    with pytest.raises(NotationError, match="last move does not lead"):
        parse_position(line.format(forced="-", last="a9", ruleset="standard"))
    assert parse_position(line.format(forced="6", last="a9", ruleset="open"))
