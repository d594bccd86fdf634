"""Elo ratings (protocol section 10): https://en.wikipedia.org/wiki/Elo_rating_system."""

import math
from typing import NamedTuple


class Standing(NamedTuple):
    """Where a player stands, and who stands at the top. Rating and rank are null
    without account.
    """

    rating: int | None
    rank: int | None
    top: list[tuple[str, int]]
    """Names and ratings of the best accounts, ratings descending."""


def expected_score(rating: int, opponent: int) -> float:
    """Return the score, between 0 and 1, that `rating` is expected to make against `opponent`."""
    # 10 ** x overflows a float beyond x = 308; ratings that far apart are as good as certain
    exponent = max(-300.0, min(300.0, (opponent - rating) / 400))
    return 1 / (1 + math.pow(10, exponent))


def updated(rating_a: int, rating_b: int, score_a: float, k: int) -> tuple[int, int]:
    """Return both new ratings after A scored `score_a` (1, 0.5 or 0) against B.

    Both are computed from the two old ratings and rounded to the nearest integer, ties to even.
    """
    new_a = rating_a + k * (score_a - expected_score(rating_a, rating_b))
    new_b = rating_b + k * ((1 - score_a) - expected_score(rating_b, rating_a))
    return round(new_a), round(new_b)
