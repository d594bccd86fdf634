"""A training: where the weights start, in what order and at what rate they learn, how it went.

Never the arithmetic (`fitting`), nor the file that the engine reads (`export`).
"""

import random
import threading
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from train import fitting, parts
from train.records import RECORD_BYTES

HELD_OUT: Final = 33
"""One record in so many, at the end of the data, is only measured."""
MOST_HELD_OUT: Final = 60_000
_LAST_RATE: Final = 0.05
"""The rate falls to this part of what it was."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers that a training is made of."""

    passes: int = 8
    rate: float = 0.1
    trust: float = 0.75
    """How much of the label is the search's score; the rest is the game's result."""
    threads: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands after a pass, on the records that were held out."""

    done: int
    loss: float
    by_result: float
    by_score: float
    seconds: float


def initial(seed: int) -> "array[float]":
    """Weights from which training starts: small and random, lanes in the middle of their range."""
    chance = random.Random(seed)
    places = parts.layout()
    shape = parts.shape()
    lanes, width, hidden = shape["lanes"], shape["width"], shape["hidden"]
    weights = array("f", bytes(4 * places["MACRO"].stop))
    for name, spread in (("PATTERN", 0.1), ("CELL", 0.2), ("DECIDED", 0.3)):
        for i in range(places[name].start, places[name].stop):
            weights[i] = chance.uniform(-spread, spread)
    for name in ("MIX", "FORWARD_MIX"):
        for i in range(places[name].start, places[name].stop):
            weights[i] = chance.uniform(-1, 1) / width**0.5
    for i in range(places["MIX"].start, places["MIX"].stop, width * lanes):
        for j in range(width):  # all sub-boards begin with something in common
            weights[i + j * lanes + j] += 0.5
    for i in range(lanes - 1):
        weights[places["BIAS"].start + i] = 0.4
    for start in range(places["HEAD"].start, places["HEAD"].stop, shape["head"]):
        second = start + lanes * hidden
        for i in range(start, second):
            weights[i] = chance.uniform(-0.25, 0.25)
        for i in range(hidden):
            weights[second + i] = 0.1
            weights[second + hidden + i] = chance.uniform(-0.5, 0.5)
        weights[second + 2 * hidden + 1] = 1
    return weights


def train(
    weights: "array[float]", data: bytearray, plan: Plan, report: Callable[[Progress], None]
) -> None:
    """Let the weights learn from records. Tells after each pass how well they do."""
    count = len(data) // RECORD_BYTES
    held_out = min(count // HELD_OUT + 1, MOST_HELD_OUT)
    learned = count - held_out
    shared = parts.layout()["PATTERN"].start
    squares = array("f", [1e-3]) * shared + array("f", [1e-2]) * (len(weights) - shared)
    begin = time.monotonic()
    for done in range(plan.passes):
        _pass(weights, squares, data, learned, plan, done)
        measured = fitting.measure(weights, data, learned, count, plan.trust)
        report(Progress(done + 1, *measured, time.monotonic() - begin))


def _pass(
    weights: "array[float]",
    squares: "array[float]",
    data: bytearray,
    count: int,
    plan: Plan,
    done: int,
) -> None:
    def rate(after: int) -> float:
        return plan.rate * (1 - (1 - _LAST_RATE) * after / plan.passes)

    threads = [
        threading.Thread(
            target=fitting.learn,
            args=(
                weights,
                squares,
                data,
                count * part // plan.threads,
                count * (part + 1) // plan.threads,
                1 + part + 1000 * done + 1_000_000 * plan.seed,
                rate(done),
                rate(done + 1),
                plan.trust,
            ),
        )
        for part in range(plan.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
