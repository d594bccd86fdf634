"""Plays moves and nothing but moves while the clock runs. A process on a core of its own.

Making and ending matches costs a server as much as a dozen moves, and a random game is short. Here
all pairs get a match before the clock starts, play so many moves of it, and give it up after the
clock has stopped. Orders: `deal`, `rally` (answered by the seconds that it took), `give_up`, each
answered when all pairs are done; `begin`; `end` (answered by the figures of all rallies since).
"""

import argparse
import asyncio
import gc
import random
from collections.abc import Callable
from time import perf_counter
from typing import Final

import uvloop

from bench.load.games import MOVE_BEGINNING, script
from bench.load.orders import Stopwatch, answer, next_order, orders
from bench.load.pair import Figures, Pair, log_in_all, told_of

_MOVES: Final = 30
"""Moves of a rally; games that are not longer are left out."""
_SCRIPTS: Final = 500
_PATIENCE: Final = 30.0
"""Seconds until a rally that does not end is given up, and the run with it."""
_END_BEGINNING: Final = b'{"type":"end_match","data":{"id":"'


class RallyingPair(Pair):
    """Plays on only when told, and says when it rests."""

    def __init__(
        self, names: str, number: int, scripts: list[list[bytes]], figures: Figures,
        on_rest: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(names, number, scripts, figures, pace=None)
        self._on_rest = on_rest
        self._until = 0

    def deal(self) -> None:
        """Ask for a match."""
        self._until = 0
        self.start()

    def rally(self) -> None:
        """Play."""
        self._until = _MOVES
        self._move(perf_counter())

    def give_up(self) -> None:
        """End the match."""
        match_id = self._beginning.removeprefix(MOVE_BEGINNING)
        self._ply, self._until, self._waiting_for = -1, 0, 2  # what comes next answers no move
        self.players[0].send(_END_BEGINNING + match_id + b'"}}')

    def _go_on(self) -> None:
        if self._ply + 1 == self._until:
            self._on_rest()
        else:
            self._move(perf_counter())


class Rallies:
    """All pairs."""

    def __init__(self, pairs: int, names: str) -> None:
        chance = random.Random(pairs)
        scripts: list[list[bytes]] = []
        while len(scripts) < _SCRIPTS:
            if len(game := script(chance)) > _MOVES:
                scripts.append(game)
        self.figures = Figures()
        self.pairs = [
            RallyingPair(names, number, scripts, self.figures, self._rest)
            for number in range(pairs)
        ]
        self._moving = 0
        self._all_rest = asyncio.Event()
        self.seconds = self.busy_seconds = 0.0

    def _rest(self) -> None:
        self._moving -= 1
        if not self._moving:
            self._all_rest.set()

    async def do(self, what: Callable[[RallyingPair], None]) -> Stopwatch:
        """Have all pairs do something until all rest; return the time that has run meanwhile."""
        self._moving = len(self.pairs)
        self._all_rest.clear()
        watch = Stopwatch()
        for pair in self.pairs:
            what(pair)
        async with asyncio.timeout(_PATIENCE):  # a move may be refused, a connection lost
            await self._all_rest.wait()
        return watch

    async def rally(self) -> float:
        """Play moves; return the seconds that it took."""
        watch = await self.do(RallyingPair.rally)
        seconds = watch.seconds()
        self.busy_seconds += watch.busy() * seconds
        self.seconds += seconds
        return seconds

    def begin(self) -> None:
        """Forget what was measured."""
        self.figures.clear()
        self.seconds = self.busy_seconds = 0.0

    def tell(self) -> None:
        """Answer with what was measured."""
        answer(
            seconds=self.seconds,
            generator_busy=self.busy_seconds / self.seconds,
            **told_of(self.pairs, self.figures),
        )


async def play(url: str, pairs: int, names: str) -> None:
    """Do what is ordered until there are no orders any more."""
    rallies = Rallies(pairs, names)
    await log_in_all(rallies.pairs, url)
    reader = await orders()
    gc.collect()
    gc.disable()  # its pauses would count as the server's
    answer(ready=True)
    while order := await next_order(reader):
        match order:
            case "deal":
                await rallies.do(RallyingPair.deal)
                answer(dealt=True)
            case "rally":
                answer(seconds=await rallies.rally())
            case "give_up":
                await rallies.do(RallyingPair.give_up)
                answer(given_up=True)
            case "begin":
                rallies.begin()
                answer(begun=True)
            case _:
                rallies.tell()
    for pair in rallies.pairs:
        pair.close()


def main() -> None:
    """Run as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--names", default="load", help="what the names of the guests begin with")
    told = parser.parse_args()
    uvloop.run(play(told.url, told.pairs, told.names))


if __name__ == "__main__":
    main()
