"""The rating formula of section 10, written down a second time."""

from fractions import Fraction


def rated(rating: int, other: int, score: float, k: int = 20) -> int:
    """The new rating after a score of 1, 0.5 or 0 against `other`; ties are rounded to even."""
    expected = 1 / (1 + 10 ** ((other - rating) / 400))
    return round(Fraction(rating) + Fraction(k * (score - expected)))
