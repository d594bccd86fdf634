"""The arithmetic of the gate, and a short match."""

import math

import pytest
from train.gate import contest, elo, score


def test_elo_of_a_score() -> None:
    assert elo(0.5) == 0
    assert math.isclose(elo(10 / 11), 400)


def test_a_score_counts_games_and_judges_pairs() -> None:
    result = score([(1.0, 0.5), (0.0, 1.0), (0.5, 0.5)])
    assert (result.wins, result.draws, result.losses) == (2, 3, 1)
    assert math.isclose(result.mean, 3.5 / 6)
    # pairs 0.75, 0.5, 0.5: variance 1/48, of the mean 1/144
    assert math.isclose(result.error, 1.96 / 12)


@pytest.mark.parametrize(
    ("pairs", "passed"),
    [
        ([(1.0, 0.5)] * 99, False),  # too few games
        ([(1.0, 0.5)] * 100, True),
        ([(0.5, 0.5)] * 100, False),  # even
        ([(1.0, 0.0)] * 98 + [(1.0, 0.5)] * 2, False),  # no pair was lost, but few were won
        ([(1.0, 0.0)] * 90 + [(1.0, 0.5)] * 10, True),
        ([(1.0, 1.0)] * 51 + [(0.0, 0.0)] * 49, False),  # better, but not beyond the error
    ],
)
def test_who_passes(pairs: list[tuple[float, float]], passed: bool) -> None:
    assert score(pairs).passed is passed


def test_no_games_have_no_score() -> None:
    with pytest.raises(ValueError, match="no games"):
        score([])


def test_a_match_is_played_in_pairs() -> None:
    result = contest(None, None, games=4, milliseconds=1, jobs=2)
    assert result.wins + result.draws + result.losses == 4
    assert not result.passed
