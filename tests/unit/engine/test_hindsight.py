"""What is certain of one position of a game makes its neighbours certain."""

import random
from functools import cache

from uttt.engine.hindsight import consistent
from uttt.engine.plain import PlainSearch
from uttt.engine.verdict import Limits, Proof, Verdict
from uttt.rules.position import Position, Result, legal_moves, play, start

_FEW = 27
"""Squares of open sub-boards with which everything can be tried."""
WIN, LOSS, DRAW = Proof.WIN, Proof.LOSS, Proof.DRAW


def verdict(
    move: int, chance: float, proof: Proof | None = None, plies: int | None = None, *then: int
) -> Verdict:
    return Verdict(move, chance, proof, plies, 5, 100, (move, *then))


def test_what_is_open_stays_as_it_was() -> None:
    found = [verdict(40, 0.6), verdict(37, 0.4), verdict(3, 0.7)]
    assert consistent([40, 36], found) == found


def test_a_position_whose_move_was_seen_to_win_is_won_by_it() -> None:
    before, after = consistent([40], [verdict(0, 0.3), verdict(36, 0.0, LOSS, 4, 1)])
    assert (before.move, before.chance, before.proof, before.plies) == (40, 1.0, WIN, 5)
    assert before.line == (40, 36, 1)
    assert after.proof is LOSS


def test_it_goes_back_to_where_the_loser_had_a_choice() -> None:
    found = [verdict(0, 0.5), verdict(36, 0.4), verdict(4, 0.9), verdict(9, 0.0, LOSS, 2)]
    settled = consistent([0, 36, 4], found)
    assert [v.proof for v in settled] == [None, None, WIN, LOSS]
    assert settled[:2] == found[:2]


def test_after_any_move_of_a_lost_position_the_other_has_won() -> None:
    found = [verdict(0, 0.0, LOSS, 6), verdict(36, 0.8)]
    assert consistent([5], found)[1] == verdict(36, 1.0, WIN, 5)


def test_after_the_best_move_of_a_won_position_the_other_has_lost() -> None:
    found = [verdict(0, 1.0, WIN, 5, 36, 4), verdict(37, 0.3), verdict(5, 0.6)]
    settled = consistent([0, 36], found)
    assert settled[1] == verdict(36, 0.0, LOSS, 4, 4)
    assert settled[2].proof is WIN


def test_after_another_move_than_the_best_nothing_is_certain() -> None:
    found = [verdict(0, 1.0, WIN, 5, 36, 4), verdict(37, 0.3)]
    assert consistent([1], found) == found


def test_a_draw_stays_one_with_the_best_move() -> None:
    found = [verdict(0, 0.5, DRAW), verdict(37, 0.3)]
    assert consistent([0], found)[1] == verdict(37, 0.5, DRAW)


def test_a_proof_of_its_own_is_never_changed() -> None:
    found = [verdict(0, 1.0, WIN, 5, 36, 4), verdict(37, 0.0, LOSS, 2, 7)]
    assert consistent([0], found) == found


def test_the_end_on_the_board_needs_no_verdict() -> None:
    found = [verdict(0, 0.5)]
    assert consistent([0], found) == found
    assert consistent([], []) == []


def test_what_follows_is_what_trying_everything_finds() -> None:
    """Ends of random games, each position seen two plies deep; each new proof is checked."""
    new = 0
    for seed in range(60):
        draw = random.Random(seed)
        positions, moves = [start()], []
        while positions[-1].result is None:
            moves.append(draw.choice(legal_moves(positions[-1])))
            positions.append(play(positions[-1], moves[-1]))
        tail = positions[-6:-1]
        seen = [PlainSearch().search(position, Limits(depth=2)) for position in tail]
        settled = consistent(moves[-5:-1], seen)
        for position, short, known in zip(tail, seen, settled, strict=True):
            free = sum(not position.closed >> square // 9 & 1 for square in range(81))
            if known.proof is not short.proof and free <= _FEW:
                assert known.proof is _truth(position)
                new += 1
    assert new > 5, "too little followed to show anything"


@cache
def _truth(position: Position) -> Proof:
    """By trying everything."""
    if position.result is not None:
        mine = Result.FIRST if position.turn == 0 else Result.SECOND
        return DRAW if position.result is Result.DRAW else WIN if position.result is mine else LOSS
    found = LOSS
    for move in legal_moves(position):
        reply = _truth(play(position, move))
        if reply is LOSS:
            return WIN
        found = DRAW if reply is DRAW else found
    return found
