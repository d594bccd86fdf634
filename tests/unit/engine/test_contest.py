"""Matches: openings, points, and what is concluded from them."""

import random

import pytest

from uttt.engine.contest import Tally, elo, opening, play_pair
from uttt.rules.position import IllegalMove, legal_moves, play, start
from uttt.rules.rulesets import OPEN


def test_openings_are_the_same_for_the_same_seed_and_differ_else() -> None:
    assert opening(1, 2, 4) == opening(1, 2, 4)
    assert len({tuple(opening(seed, number, 4)) for seed in (1, 2) for number in range(20)}) > 35
    assert len(opening(1, 1, 6, OPEN)) == 6


def test_points_are_those_of_the_first_named_in_both_games() -> None:
    def first_legal(moves: object) -> int:
        position = start()
        assert isinstance(moves, list)
        for move in moves:
            position = play(position, move)
        return legal_moves(position)[0]

    one, other = play_pair([], first_legal, first_legal)
    assert one + other == 1.0  # the same game twice, seen from both sides


def test_who_makes_an_illegal_move_is_found_out() -> None:
    with pytest.raises(IllegalMove):
        play_pair([0], lambda _: 80, lambda _: 80)


def test_a_tally_counts_games_and_pairs() -> None:
    tally = Tally().with_pair(1.0, 0.5).with_pair(0.0, 1.0).with_pair(0.5, 0.5)
    assert (tally.wins, tally.draws, tally.losses) == (2, 3, 1)
    assert tally.score == pytest.approx(3.5 / 6)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw, held = random.Random(2), 0
    for _ in range(300):
        tally = Tally()
        for _ in range(60):
            tally = tally.with_pair(draw.choice((0.0, 0.5, 1.0, 1.0)), draw.choice((0.0, 1.0)))
        held += abs(tally.score - (0.625 + 0.5) / 2) <= tally.error
    assert 0.90 <= held / 300 <= 0.99


def test_elo_is_that_of_the_logistic_curve() -> None:
    assert elo(0.5) == pytest.approx(0)
    assert elo(0.75) == pytest.approx(190.8, abs=0.1)
    assert elo(0.25) == pytest.approx(-190.8, abs=0.1)
    assert elo(1.0) == pytest.approx(1009, abs=5)
