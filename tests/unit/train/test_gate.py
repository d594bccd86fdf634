"""Who passes the gate, and a short match."""

import pytest
from train import gate

from uttt.engine.contest import Tally


def _tally(pairs: list[tuple[float, float]]) -> Tally:
    tally = Tally()
    for pair in pairs:
        tally = tally.with_pair(*pair)
    return tally


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
    assert gate.passes(_tally(pairs)) is passed


def test_a_match_is_described_in_a_line() -> None:
    assert gate.describe(_tally([(1.0, 0.5), (0.5, 0.0)])).startswith("+1 =2 -1, 50.0 %, Elo +0 [")


def test_a_match_is_played_in_pairs() -> None:
    told: list[Tally] = []
    tally = gate.contest(None, None, games=4, milliseconds=1, jobs=2, report=told.append)
    assert tally.wins + tally.draws + tally.losses == 4
    assert [len(one.pairs) for one in told] == [1, 2]
    assert told[-1] == tally
