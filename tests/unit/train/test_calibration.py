"""The scale of scores, found again in games that were drawn by it."""

import math
import random

import pytest
from train.calibration import calibrate, fitted_scale
from train.records import RECORD_BYTES, Record, pack, unpack


def _games(scale: float, count: int) -> tuple[list[int], list[int]]:
    """Scores, and results that are won as often as a score of this scale says."""
    chance = random.Random(4)
    scores = [chance.randint(-1500, 1500) for _ in range(count)]
    results = [1 if chance.random() < 1 / (1 + math.exp(-s / scale)) else -1 for s in scores]
    return scores, results


@pytest.mark.parametrize("scale", [150.0, 400.0, 900.0])
def test_the_scale_is_found_again(scale: float) -> None:
    assert fitted_scale(*_games(scale, 4000)) == pytest.approx(scale, rel=0.15)


def test_records_are_rescaled_to_400_a_logit() -> None:
    scores, results = _games(200, 4000)
    boards = (0,) * 9
    data = bytearray()
    for score, result in zip(scores, results, strict=True):
        data += pack(Record(boards, 9, result, score, 12))
    scale = calibrate(data)
    assert scale == pytest.approx(200, rel=0.15)
    for i, (score, result) in enumerate(zip(scores, results, strict=True)):
        record = unpack(data[RECORD_BYTES * i : RECORD_BYTES * (i + 1)])
        assert record == Record(boards, 9, result, round(score * 400 / scale), 12)


def test_a_proof_stays_within_int16() -> None:
    data = bytearray(pack(Record((0,) * 9, 9, 1, 29_990, 60)) * 40)
    data += pack(Record((0,) * 9, 9, -1, -29_990, 60)) * 40
    calibrate(data)
    assert unpack(data[:RECORD_BYTES]).score == 32_767
    assert unpack(data[-RECORD_BYTES:]).score == -32_767
