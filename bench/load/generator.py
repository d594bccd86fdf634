"""Plays against a server and tells what was measured. A process on a core of its own.

Orders: `play` (answered once the batches have found their size), `begin`, `end` (answered by the
figures of the time between). It is ready, and says so, when all are logged in.
"""

import argparse
import asyncio
import gc
import random
from time import perf_counter

import uvloop

from bench.load.games import script
from bench.load.orders import Stopwatch, answer, next_order, orders
from bench.load.pair import Figures, Pair, log_in_all, quantiles, told_of

_SCRIPTS = 500
_WARM_UP = 1.0
_PARTING = 0.2
_LOOK = 0.002
"""Seconds between two looks at how late the generator itself comes to run."""


class Lateness:
    """How late this process comes to run when something is due, in seconds: what it sees of the
    server is late by as much, when others are on its core.
    """

    def __init__(self) -> None:
        self.seen: list[float] = []

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            due = perf_counter() + _LOOK
            await asyncio.sleep(_LOOK)
            self.seen.append(perf_counter() - due)


class Generator:
    """So many pairs; with a rate so many moves a second in all, else all they can."""

    def __init__(self, pairs: int, rate: float | None, names: str) -> None:
        chance = random.Random(pairs)
        scripts = [script(chance) for _ in range(_SCRIPTS)]
        self.figures = Figures()
        self.lateness = Lateness()
        self._pace = None if rate is None else pairs / rate
        self.pairs = [
            Pair(names, number, scripts, self.figures, self._pace) for number in range(pairs)
        ]

    async def play(self) -> None:
        """Begin, evenly spread over time if there is a pace."""
        for pair in self.pairs:
            pair.start()
            if self._pace is not None:
                await asyncio.sleep(self._pace / len(self.pairs))
        await asyncio.sleep(_WARM_UP)

    async def leave(self) -> None:
        """Hear what is under way, and go."""
        for pair in self.pairs:
            pair.stopped = True
        await asyncio.sleep(_PARTING)
        for pair in self.pairs:
            pair.close()
        await asyncio.sleep(_PARTING)

    def tell(self, watch: Stopwatch) -> None:
        """Answer with what was measured."""
        answer(
            seconds=watch.seconds(),
            generator_busy=watch.busy(),
            late=quantiles(self.lateness.seen),
            **told_of(self.pairs, self.figures),
        )


async def generate(url: str, pairs: int, rate: float | None, names: str) -> None:
    """Do what is ordered until there are no orders any more."""
    generator = Generator(pairs, rate, names)
    await log_in_all(generator.pairs, url)
    reader, watch = await orders(), Stopwatch()
    looking = asyncio.create_task(generator.lateness.watch())
    gc.collect()
    gc.disable()  # its pauses would count as the server's
    answer(ready=True)
    while order := await next_order(reader):
        if order == "play":
            await generator.play()
            answer(playing=True)
        elif order == "begin":
            generator.figures.clear()
            generator.lateness.seen.clear()
            watch = Stopwatch()
            answer(begun=True)
        else:
            generator.tell(watch)
    looking.cancel()
    await generator.leave()


def main() -> None:
    """Run as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--names", default="load", help="what the names of the guests begin with")
    told = parser.parse_args()
    uvloop.run(generate(told.url, told.pairs, told.rate, told.names))


if __name__ == "__main__":
    main()
