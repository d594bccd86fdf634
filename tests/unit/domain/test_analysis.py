"""Analyses are put together from verdicts: the beginning, the moves, the turning point."""

import pytest

from uttt.domain.analysis import analyse
from uttt.engine.judgement import Certain, Word
from uttt.engine.verdict import Proof, Verdict
from uttt.rules.notation import parse_setup
from uttt.rules.position import legal_moves, play, start

X_WON = "xxx6/9/9/xxx6/9/9/xxx6/9/9 x..x..x.. o - - standard"
O_TO_MOVE = "9/9/9/3o5/4x4/9/9/9/9 ......... x 0 d4 standard"


def verdict(move: int, chance: float, proof: Proof | None = None, *then: int) -> Verdict:
    return Verdict(move, chance, proof, None, 5, 100, (move, *then))


def test_the_beginning_is_seen_by_the_first_player() -> None:
    analysis = analyse("e", start(), [40], [verdict(40, 0.6), verdict(36, 0.7)])
    assert (analysis.engine, analysis.start_chance, analysis.start_proof) == ("e", 0.6, None)
    assert [move.chance for move in analysis.moves] == pytest.approx([0.3])
    setup = play(start(), 40)
    analysis = analyse("e", setup, [], [verdict(36, 1.0, Proof.WIN)])
    assert (analysis.start_chance, analysis.start_proof) == (0.0, Certain.SECOND)


def test_without_moves_there_is_nothing_to_judge() -> None:
    analysis = analyse("e", start(), [], [verdict(40, 0.6)])
    assert (analysis.moves, analysis.turning_point) == ((), None)


def test_a_match_that_was_over_when_it_was_brought() -> None:
    over = parse_setup(X_WON)
    assert over.result is not None
    analysis = analyse("e", over, [], [])
    assert (analysis.start_chance, analysis.start_proof) == (1.0, Certain.FIRST)
    assert analysis.moves == ()


def test_a_match_that_was_brought_in_the_middle() -> None:
    setup = parse_setup(O_TO_MOVE)
    move = legal_moves(setup)[0]
    after = play(setup, move)
    reply = legal_moves(after)[0]
    chances = [verdict(move, 0.5), verdict(reply, 0.5)]
    analysis = analyse("e", setup, [move], chances)
    assert [judged.move for judged in analysis.moves] == [move]


def test_what_is_certain_is_carried_on_before_it_is_judged() -> None:
    """The search found the win only one move later: that move was the best, whatever it thought."""
    analysis = analyse(
        "e", start(), [40, 36],
        [verdict(0, 0.4), verdict(37, 0.0, Proof.LOSS), verdict(4, 0.8)],
    )  # fmt: skip
    first, second = analysis.moves
    assert (analysis.start_proof, analysis.start_chance) == (Certain.FIRST, 1.0)
    assert (first.best, first.judgement, first.proof) == (40, None, Certain.FIRST)
    assert (second.chance, second.proof, second.lost_by_force) == (1.0, Certain.FIRST, False)


def test_the_turning_point_is_an_index() -> None:
    moves, position = [], start()
    while position.result is None:
        moves.append(legal_moves(position)[-1])
        position = play(position, moves[-1])
    loser = 1 if analyse_end(moves) is Certain.FIRST else 0
    ply = next(ply for ply in range(4, len(moves)) if ply % 2 == loser)
    first_wins = 0.9 if loser == 1 else 0.1
    verdicts = [
        verdict(80 if n == ply else moves[n], by(n, 0.5 if n <= ply else first_wins))
        for n in range(len(moves))
    ]
    analysis = analyse("e", start(), moves, verdicts)
    assert analysis.turning_point == ply
    assert analysis.moves[ply].judgement is Word.BLUNDER


def analyse_end(moves: list[int]) -> Certain | None:
    flat = [verdict(move, 0.5) for move in moves]
    return analyse("e", start(), moves, flat).moves[-1].proof


def by(ply: int, first: float) -> float:
    """The chance of the side to move, when the first player has this one."""
    return first if ply % 2 == 0 else 1 - first


def test_too_few_verdicts_are_a_bug_that_is_seen() -> None:
    with pytest.raises(ValueError, match="verdicts are needed"):
        analyse("e", start(), [40], [verdict(40, 0.5)])
