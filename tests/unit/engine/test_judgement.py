"""How games are judged: costs, words, proofs, the move that decided."""

import random

import pytest

from uttt.engine.judgement import Certain, Word, judge
from uttt.engine.verdict import Proof, Verdict
from uttt.rules.position import Result, legal_moves, play, start


def verdict(move: int, chance: float, proof: Proof | None = None) -> Verdict:
    return Verdict(move, chance, proof, None, 5, 100, (move,))


def test_what_a_move_cost_is_counted_for_who_made_it() -> None:
    moves = [40, 36, 4]
    judged = judge(
        start(), moves,
        [verdict(40, 0.6), verdict(37, 0.4), verdict(3, 0.72), verdict(0, 0.5)],
    ).moves  # fmt: skip
    assert [move.move for move in judged] == moves
    assert [move.chance for move in judged] == pytest.approx([0.6, 0.72, 0.5])
    assert [move.best for move in judged] == [40, 37, 3]
    assert [move.best_chance for move in judged] == pytest.approx([0.6, 0.6, 0.72])
    assert [move.judgement for move in judged] == [None, Word.MISTAKE, Word.BLUNDER]


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (0.46, None),
        (0.44, Word.INACCURACY),
        (0.39, Word.MISTAKE),
        (0.34, Word.BLUNDER),
        (0.6, None),
    ],
)
def test_the_words_follow_the_cost(after: float, word: Word | None) -> None:
    judged = judge(start(), [40], [verdict(0, 0.5), verdict(36, 1 - after)])
    assert judged.moves[0].judgement is word


def test_the_move_of_the_search_is_no_fault_even_if_it_looks_worse_later() -> None:
    judged = judge(start(), [40], [verdict(40, 0.5), verdict(36, 0.9)])
    assert judged.moves[0].judgement is None


def test_a_move_that_turns_an_open_position_into_a_lost_one_lost_by_force() -> None:
    judged = judge(
        start(), [40, 36],
        [verdict(0, 0.03), verdict(36, 1.0, Proof.WIN), verdict(1, 0.0, Proof.LOSS)],
    ).moves  # fmt: skip
    assert judged[0].lost_by_force
    assert judged[0].judgement is None  # it was as good as lost before
    assert judged[0].proof is Certain.SECOND
    assert not judged[1].lost_by_force


def test_the_move_of_the_search_did_not_lose_by_force() -> None:
    """The position was lost before; the search had not seen it yet."""
    judged = judge(start(), [40], [verdict(40, 0.4), verdict(36, 1.0, Proof.WIN)])
    assert judged.moves[0].proof is Certain.SECOND
    assert not judged.moves[0].lost_by_force


def test_a_proved_draw_is_a_draw_for_both() -> None:
    judged = judge(start(), [40], [verdict(40, 0.5), verdict(36, 0.5, Proof.DRAW)])
    assert judged.moves[0].proof is Certain.DRAW


def test_as_many_verdicts_as_positions_with_a_move_to_make() -> None:
    with pytest.raises(ValueError, match="2 verdicts are needed, 1 were given"):
        judge(start(), [40], [verdict(40, 0.5)])


def test_the_turning_point_is_the_costliest_of_the_moves_that_were_not_made_good() -> None:
    game = won_game()
    chances = [0.5] * len(game)
    chances[3:] = [0.7] * (len(game) - 3)  # ply 3 costs nothing, ply 4 is the second player's
    chances[8:] = [0.9] * (len(game) - 8)
    verdicts = [
        verdict(80 if ply % 2 else game[ply], chance if ply % 2 == 0 else 1 - chance)
        for ply, chance in enumerate(chances)
    ]
    assert judge(start(), game, verdicts).turning_point == 8


def test_without_a_winner_on_the_board_nothing_was_decided() -> None:
    judged = judge(start(), [40], [verdict(0, 0.9), verdict(36, 0.9)])
    assert judged.moves[0].judgement is Word.BLUNDER
    assert judged.turning_point is None


def won_game() -> list[int]:
    """A game that the first player wins."""
    for seed in range(100):
        draw, position, moves = random.Random(seed), start(), []
        while position.result is None:
            moves.append(draw.choice(legal_moves(position)))
            position = play(position, moves[-1])
        if position.result is Result.FIRST:
            return moves
    raise AssertionError("no random game was won by the first player")
