"""What values mean: the scale by which those of a search are the chances that came true.

An evaluation may rank positions well and yet be too sure or too timid; a network that learned from
it would be so, too, and each generation more. Never training itself.
"""

import math
from typing import Final

from train.records import RECORD_BYTES

UNIT: Final = 400
"""Of values to a logit, once they are calibrated; the engine's."""
_SCORE_AT: Final = 10
"""Where the score stands in a record, in int16."""
_SAMPLE: Final = 20_000
_SMALLEST, _STEP, _STEPS = 20.0, 1.08, 65  # up to some 3,000
_MOST: Final = 32_767


def fitted_scale(scores: list[int], results: list[int]) -> float:
    """The scale s for which 1 / (1 + exp(-score / s)) foretells results best, in cross entropy.

    Results are 1, 0 or -1. To about 4 %.
    """

    def loss(scale: float) -> float:
        total = 0.0
        for score, result in zip(scores, results, strict=True):
            logit = max(-30.0, min(30.0, score / scale))
            total += math.log1p(math.exp(-logit)) + logit * (1 - result) / 2
        return total

    return min((_SMALLEST * _STEP**i for i in range(_STEPS)), key=loss)


def calibrate(data: bytearray) -> float:
    """Rescale the scores of one generation's records to 400 a logit; the scale that they had."""
    count = len(data) // RECORD_BYTES
    shorts = memoryview(data).cast("h")
    scores = shorts[_SCORE_AT :: RECORD_BYTES // 2]
    step = max(1, count // _SAMPLE)
    results = [
        int.from_bytes(data[RECORD_BYTES * i + 19 : RECORD_BYTES * i + 20], signed=True)
        for i in range(0, count, step)
    ]
    scale = fitted_scale([scores[i] for i in range(0, count, step)], results)
    for i in range(count):
        scores[i] = max(-_MOST, min(_MOST, round(scores[i] * UNIT / scale)))
    return scale
