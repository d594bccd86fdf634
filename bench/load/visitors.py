"""Clients that do not play: they log in with a password and leave, come as guests and stay, or
connect and say nothing.

A process of its own. Orders: `begin` and `end` of a flood at a fixed rate, whatever the server
manages (answered by what came of it); `fill`: log in as many guests as were asked for, as fast as
it goes; `count`: what the guests have heard since the last such order.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from itertools import count

import uvloop
from picows import WSFrame, WSMsgType, WSTransport

from bench.load.orders import Stopwatch, answer, next_order, orders
from bench.load.pair import Player, quantiles

_PASSWORD = "correct horse"  # noqa: S105 - nobody's
_ACCOUNTS = 20
_AT_ONCE = 50
_PER_ADDRESS = 5000
"""Connections from one address, for each has no more ports than some 28,000."""


class Visitor(Player):
    """One connection, which counts what it hears."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pings = self.frames = self.bytes = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.frames += 1
        self.bytes += len(frame.get_payload_as_memoryview())
        self.pings += frame.msg_type is WSMsgType.PING
        super().on_ws_frame(transport, frame)


class Flood:
    """Starts visits at a fixed rate, each in a task of its own, late or not."""

    def __init__(self, visit: Callable[[int], Coroutine[None, None, None]], rate: float) -> None:
        self._visit = visit
        self._rate = rate
        self._watch = Stopwatch()
        self._starting: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._waited: list[float] = []
        self._failed = 0

    def begin(self) -> None:
        """Begin."""
        self._watch = Stopwatch()
        self._starting = asyncio.create_task(self._start())

    def end(self) -> None:
        """Start no more, give up what is under way, and answer."""
        assert self._starting is not None
        self._starting.cancel()
        seconds, busy = self._watch.seconds(), self._watch.busy()
        done = len(self._waited)
        failed = self._failed
        for task in self._under_way:
            task.cancel()
        answer(
            done_per_second=done / seconds,
            failed=failed,
            waiting=len(self._under_way),
            waited=quantiles(self._waited),
            busy=busy,
        )

    async def _start(self) -> None:
        began = time.perf_counter()
        for number in count():
            due = began + number / self._rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            task = asyncio.create_task(self._one(number, due))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _one(self, number: int, due: float) -> None:
        try:
            await self._visit(number)
            self._waited.append(time.perf_counter() - due)
        except Exception:  # noqa: BLE001 - whatever it is, that one did not get in
            self._failed += 1


class Visitors:
    """All of this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.staying: list[Visitor] = []

    async def register(self) -> None:
        """Make the accounts."""
        for number in range(_ACCOUNTS):
            await self.log_in(number)

    async def log_in(self, number: int) -> None:
        """Log in to an account, or register it, and leave."""
        visitor = Player(f"visitor{number % _ACCOUNTS}")
        try:
            await visitor.log_in(self._url, password=_PASSWORD)
        finally:
            visitor.close()

    async def come(self, number: int) -> None:
        """Log in as a guest and stay."""
        visitor = Visitor(f"guest{number}")
        self.staying.append(visitor)
        await visitor.log_in(self._url, address=_address(number))

    async def connect(self, number: int) -> None:
        """Connect, stay and say nothing."""
        visitor = Visitor(f"nobody{number}")
        self.staying.append(visitor)
        await visitor.connect(self._url, _address(number))

    async def fill(self, guests: int) -> None:
        """Log in so many guests as fast as it goes, and answer."""
        watch, numbers = Stopwatch(), iter(range(guests))

        async def some() -> None:
            for number in numbers:
                await self.come(number)

        await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
        answer(seconds=watch.seconds(), busy=watch.busy())

    def count(self) -> None:
        """Answer with what was heard, and begin anew."""
        staying = self.staying
        answer(
            pings=sum(visitor.pings for visitor in staying),
            frames=sum(visitor.frames for visitor in staying),
            bytes=sum(visitor.bytes for visitor in staying),
            lost=sum(visitor.lost for visitor in staying),
        )
        for visitor in staying:
            visitor.pings = visitor.frames = visitor.bytes = 0


def _address(number: int) -> str:
    return f"127.0.0.{2 + number // _PER_ADDRESS}"


async def visit(url: str, kind: str, rate: float, guests: int) -> None:
    """Do what is ordered until there are no orders any more."""
    visitors = Visitors(url)
    if kind == "logins":
        await visitors.register()
    visits = {
        "logins": visitors.log_in, "guests": visitors.come, "connections": visitors.connect
    }  # fmt: skip
    flood = Flood(visits[kind], rate)
    reader = await orders()
    gc.disable()  # after a pause of its own, it would come in crowds
    answer(ready=True)
    while order := await next_order(reader):
        if order == "begin":
            flood.begin()
            answer(begun=True)
        elif order == "end":
            flood.end()
        elif order == "fill":
            await visitors.fill(guests)
        else:
            visitors.count()
    for visitor in visitors.staying:
        visitor.close()


def main() -> None:
    """Run as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("kind", choices=("logins", "guests", "connections"))
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--guests", type=int, default=10_000)
    told = parser.parse_args()
    uvloop.run(visit(told.url, told.kind, told.rate, told.guests))


if __name__ == "__main__":
    main()
