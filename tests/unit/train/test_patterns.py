"""Patterns, symmetries and needs against the rules."""

import random

import pytest
from train import patterns
from train.records import observe

from uttt.rules.position import HAS_LINE, LINES, Position, legal_moves, play, start


def test_a_pattern_says_what_is_in_each_cell() -> None:
    assert patterns.pattern_of(0b1, 0b100) == 1 + 2 * 9
    assert patterns.digits(1 + 2 * 9) == (1, 0, 2, 0, 0, 0, 0, 0, 0)


def test_the_open_patterns_are_those_of_the_file() -> None:
    assert len(patterns.OPEN_PATTERNS) == 11_093
    assert 0 in patterns.OPEN_PATTERNS
    assert patterns.pattern_of(0b111, 0) not in patterns.OPEN_PATTERNS


@pytest.mark.parametrize("symmetry", range(patterns.SYMMETRIES))
def test_a_symmetry_moves_every_cell_and_keeps_lines(symmetry: int) -> None:
    places = [patterns.turned_cell(symmetry, cell) for cell in range(9)]

    assert sorted(places) == list(range(9))
    turned = {sum(1 << places[i] for i in range(9) if line >> i & 1) for line in LINES}
    assert turned == set(LINES)


def test_the_symmetries_are_eight() -> None:
    all_places = {
        tuple(patterns.turned_cell(symmetry, cell) for cell in range(9))
        for symmetry in range(patterns.SYMMETRIES)
    }
    assert len(all_places) == 8


@pytest.mark.parametrize("symmetry", range(patterns.SYMMETRIES))
def test_a_turned_game_has_the_turned_record(symmetry: int) -> None:
    chance = random.Random(symmetry)
    position = turned = start()
    while position.result is None:
        move = chance.choice(legal_moves(position))
        position = play(position, move)
        turned = play(turned, _turned_move(symmetry, move))
        record = observe(position, result=1, score=7)
        other = observe(turned, result=1, score=7)
        for board in range(9):
            there = patterns.turned_cell(symmetry, board)
            assert other.boards[there] == patterns.turned_pattern(symmetry, record.boards[board])


def _turned_move(symmetry: int, move: int) -> int:
    board, cell = divmod(move, 9)
    return 9 * patterns.turned_cell(symmetry, board) + patterns.turned_cell(symmetry, cell)


def _needs(position: Position, player: int, board: int) -> int:
    """The same from first principles: what this side's boards would be if it won more of them."""
    mine = position.boards_won[player]
    if HAS_LINE[mine | 1 << board]:
        return 2
    usable = mine | 0b111_111_111 & ~(
        position.boards_won[0] | position.boards_won[1] | position.drawn
    )
    return int(any(line & usable == line and line >> board & 1 for line in LINES))


def test_needs_follow_from_who_has_won_what() -> None:
    chance = random.Random(1)
    seen = set()
    for _ in range(60):
        position = start()
        while position.result is None:
            for player in (0, 1):
                won, lost = position.boards_won[player], position.boards_won[1 - player]
                hopes = patterns.pattern_of(won, lost | position.drawn)
                for board in range(9):
                    if not (won | lost | position.drawn) >> board & 1:
                        need = patterns.need(hopes, board)
                        assert need == _needs(position, player, board)
                        seen.add(need)
            position = play(position, chance.choice(legal_moves(position)))
    assert seen == {0, 1, 2}
