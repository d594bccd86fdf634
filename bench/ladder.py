"""The tournament that says how strong the opponents are: `python -m bench.ladder`.

Each plays its neighbours, one and two steps away, from random openings of four plies, each opening
twice with colours swapped. The ratings are the likeliest ones under the model of Elo (Bradley
and Terry 1952), a draw being half a win of each; the errors come from drawing the pairs anew
(bootstrap). Only differences mean something: the gentlest opponent is set to 400.
"""

import argparse
import math
import random
from collections.abc import Sequence
from time import process_time

from uttt.engine import LEVELS, Engine, Level, choose
from uttt.engine.contest import Mover, opening, play_pair
from uttt.rules.position import Position, play, start

GENTLEST = 400.0
Pair = tuple[int, int, float]
"""Two levels, and the share of the points that the first of them got in a pair of games."""


def mover(level: Level, seed: str) -> Mover:
    """A player of this level, with an engine and chance of its own."""
    engine, chance = Engine(megabytes=16, processor_time=True), random.Random(seed)

    def move(moves: Sequence[int]) -> int:
        position: Position = start()
        for made in moves:
            position = play(position, made)
        return choose(engine, level, position, chance)

    return move


def ratings(pairs: Sequence[Pair]) -> list[float]:
    """The likeliest ratings, by gradient ascent."""
    met: dict[tuple[int, int], list[float]] = {}
    for one, other, score in pairs:
        met.setdefault((one, other), []).append(score)
    sums = [(one, other, sum(scores), len(scores)) for (one, other), scores in met.items()]
    values = [GENTLEST + 200.0 * number for number in range(len(LEVELS))]
    for step in range(4000):
        slopes = [0.0] * len(values)
        for one, other, score, count in sums:
            expected = count / (1 + 10 ** ((values[other] - values[one]) / 400))
            slopes[one] += score - expected
            slopes[other] -= score - expected
        rate = 4000 / len(pairs) / (1 + step / 1000)
        values = [value + rate * slope for value, slope in zip(values, slopes, strict=True)]
    return [value - values[0] + GENTLEST for value in values]


def errors(pairs: Sequence[Pair], drawn_anew: int) -> list[float]:
    """Half the width of the interval of 95 % of each rating's distance to the one before it."""
    chance = random.Random(1)
    samples = [ratings([chance.choice(pairs) for _ in pairs]) for _ in range(drawn_anew)]
    widths = [0.0]
    for number in range(1, len(LEVELS)):
        steps = [sample[number] - sample[number - 1] for sample in samples]
        mean = sum(steps) / len(steps)
        variance = sum((step - mean) ** 2 for step in steps) / (len(steps) - 1)
        widths.append(1.96 * math.sqrt(variance))
    return widths


def main() -> None:
    """Play, fit, print a table for docs/opponents.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40, help="of neighbours of the fast levels")
    parser.add_argument("--slow-pairs", type=int, default=8, help="with the strongest level")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--levels", type=int, default=len(LEVELS), help="only the gentlest so many")
    chosen = parser.parse_args()
    pairs: list[Pair] = []
    began = process_time()
    for one in range(chosen.levels):
        for other in range(one + 1, min(one + 3, chosen.levels)):
            number = chosen.slow_pairs if other == len(LEVELS) - 1 else chosen.pairs
            number = number if other == one + 1 else number // 2
            a = mover(LEVELS[one], f"{chosen.seed} {one} {other}")
            b = mover(LEVELS[other], f"{chosen.seed} {other} {one}")
            scores = [
                sum(play_pair(opening(chosen.seed, game, 4), a, b)) / 2 for game in range(number)
            ]
            pairs += [(one, other, score) for score in scores]
            share = sum(scores) / len(scores)
            print(
                f"{LEVELS[one].name} against {LEVELS[other].name}: {share:.1%} of {2 * number}"
                f" games, {process_time() - began:.0f} s",
                flush=True,
            )
    found, wide = ratings(pairs), errors(pairs, 40)
    print("\n| opponent | Elo | step from the one before |\n|---|---|---|")
    for number in range(chosen.levels):
        step = f"{found[number] - found[number - 1]:.0f} ± {wide[number]:.0f}" if number else ""
        print(f"| `{LEVELS[number].name}` | {found[number]:.0f} | {step} |")


if __name__ == "__main__":
    main()
