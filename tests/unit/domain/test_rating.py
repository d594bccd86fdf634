"""Elo (protocol section 10), against values computed by hand and by exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uttt.domain.rating import expected_score, updated

ratings = st.integers(-5000, 15000)
scores = st.sampled_from([0.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("ratings", "score", "after"),
    [
        ((1000, 1000), 1.0, (1010, 990)),
        ((1000, 1000), 0.0, (990, 1010)),
        ((1000, 1000), 0.5, (1000, 1000)),
        ((1400, 1000), 1.0, (1402, 998)),  # expected 10/11
        ((1400, 1000), 0.0, (1382, 1018)),
        ((1400, 1000), 0.5, (1392, 1008)),
        ((1010, 990), 1.0, (1019, 981)),  # 9.4244
        ((990, 1010), 1.0, (1001, 999)),
    ],
)
def test_known_values(ratings: tuple[int, int], score: float, after: tuple[int, int]) -> None:
    assert updated(*ratings, score, 20) == after


@pytest.mark.parametrize(
    ("rating", "k", "after"),
    [(1000, 21, (1010, 990)), (1001, 21, (1012, 990)), (1000, 1, (1000, 1000)),
     (1001, 1, (1002, 1000)), (1000, 3, (1002, 998)), (1001, 3, (1002, 1000))],
)  # fmt: skip
def test_ties_go_to_the_even_number(rating: int, k: int, after: tuple[int, int]) -> None:
    """Between equals a win gives exactly K / 2: 1010.5 becomes 1010, 1011.5 becomes 1012."""
    assert updated(rating, rating, 1.0, k) == after


@given(ratings, ratings, scores, st.integers(1, 1000))
def test_what_one_wins_the_other_loses_but_for_rounding(
    one: int, two: int, score: float, k: int
) -> None:
    new_one, new_two = updated(one, two, score, k)
    assert abs(new_one + new_two - one - two) <= 1
    assert (new_two, new_one) == updated(two, one, 1 - score, k)
    assert abs(new_one - one) <= k


@given(ratings, ratings)
def test_expectations_add_up(one: int, two: int) -> None:
    assert expected_score(one, two) + expected_score(two, one) == pytest.approx(1)
    assert (expected_score(one, two) > 0.5) is (one > two)


@given(st.integers(-3, 3), scores)
def test_against_exact_arithmetic(steps: int, score: float) -> None:
    """At distances of 400 points the formula is a fraction."""
    exact = 1000 + 20 * (Fraction(score) - 1 / (1 + Fraction(10) ** steps))
    assert updated(1000, 1000 + 400 * steps, score, 20)[0] == round(exact)


def test_ratings_that_are_very_far_apart() -> None:
    assert updated(0, 10**9, 1.0, 20) == (20, 10**9 - 20)
    assert updated(10**9, 0, 1.0, 20) == (10**9, 0)
