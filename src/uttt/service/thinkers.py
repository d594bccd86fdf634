"""The pool of worker processes that search: bounded, of low priority, and apart from the server.

A worker that crashes or hangs takes one request with it and nothing else. Workers are started when
they are needed and ended when they are not. Moves of bots go before analysis, and the quick ones of
gentle bots before those of strong ones, who share their time when many wait; what is searched, and
what becomes of the answer, is the business of those who ask.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final, NamedTuple

import structlog

from uttt.engine.levels import Level, named
from uttt.engine.orders import Answer, Choose, Order, Search
from uttt.engine.verdict import Limits, Verdict
from uttt.metrics import Metrics
from uttt.rules.position import Position
from uttt.service.engine_process import COMMAND, EngineFailed, EngineProcess

__all__ = ["Crowded", "EngineFailed", "Pool", "Thinkers"]

log = structlog.get_logger(__name__)
KINDS: Final = ("bot", "analysis")
"""What requests are for; the first go first."""
_QUICK: Final = "quick"
"""The queue of choices that take hardly any time, which go before all others."""
_LONGEST_SEARCH: Final = 30.0
"""Seconds that a search may take which has no limit of time."""
_LONGEST_CHOICE: Final = 5.0
"""Seconds that the choice of a move may take whose level has no limit of time."""
_LONGEST_PAUSE: Final = 5.0
"""Seconds between a failure and the next start of a process, if nothing but failures come."""
_SHORTEST_PAUSE: Final = 0.05
_LEAST_SHARE: Final = 0.01
"""Seconds of thought that are left to a strong bot however many wait."""


class Crowded(EngineFailed):
    """There is no answer because too many wait for one; the engine is well."""


@dataclass(frozen=True, slots=True)
class Pool:
    """How large the pool is. Times in seconds."""

    workers: int
    megabytes: int = 16
    """Of the table that each engine has."""
    grace: float = 10.0
    """How much longer than it may a request takes until its process is taken to hang."""
    idle: float = 60.0
    """How long a worker lives that nobody needs."""
    most_waiting: int = 1000
    """Requests that may wait for a worker: quick ones, those of strong bots, those of analyses."""
    command: tuple[str, ...] = COMMAND


class _Request(NamedTuple):
    kind: str
    """One of KINDS."""
    order: Order
    seconds: float
    """How long it may take."""
    answer: asyncio.Future[Answer]
    asked_at: float


class Thinkers:
    """Searches and choices of moves, by processes. `run` must run for anything to be answered."""

    def __init__(self, pool: Pool, metrics: Metrics) -> None:
        self._pool = pool
        self._metrics = metrics
        self._waiting: dict[str, deque[_Request]] = {q: deque() for q in (_QUICK, *KINDS)}
        self._analyses = 0  # under way
        self._most_analyses = max(1, pool.workers - 1)  # one worker is for bots, if there are two
        self._news = asyncio.Condition()
        self._processes: dict[int, EngineProcess] = {}
        self._resting: set[int] = set()  # workers that have a process and nothing to do
        self._ended = False

    async def search(self, position: Position, limits: Limits, *, for_bot: bool = False) -> Verdict:
        """Search a position: for analysis, or for the move of a bot, which goes before.

        Raises EngineFailed, or ValueError if the match is over or `limits` has no limit.
        """
        if limits == Limits():
            raise ValueError("a search needs a limit")
        seconds = _LONGEST_SEARCH if limits.seconds is None else limits.seconds
        order = Search(position, limits)
        answer = await self._ask("bot" if for_bot else "analysis", order, seconds)
        if not isinstance(answer, Verdict):
            raise EngineFailed("the answer is no verdict")
        return answer

    async def choose(self, level_name: str, position: Position) -> int:
        """Return the move, 0..80, that the opponent of this level makes; if many wait, one that it
        found in less time.

        Raises EngineFailed (Crowded if too many wait), or ValueError if the match is over.
        """
        level = named(level_name)
        if level is None or level.limits.seconds is None:
            order: Order = Choose(position, level_name)
            answer = await self._ask("bot", order, _LONGEST_CHOICE, queue=_QUICK)
        else:
            order = self._share(level, level.limits.seconds, position)
            answer = await self._ask("bot", order, level.limits.seconds)
        return answer.move if isinstance(answer, Verdict) else answer

    def _share(self, level: Level, seconds: float, position: Position) -> Order:
        crowd = 1 + len(self._waiting["bot"]) // self._pool.workers
        if crowd == 1:
            return Choose(position, level.name)
        share = max(_LEAST_SHARE, seconds / crowd)
        return Search(position, replace(level.limits, seconds=share))

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that live now."""
        return [process.pid for process in self._processes.values() if process.alive]

    async def _ask(self, kind: str, order: Order, seconds: float, queue: str = "") -> Answer:
        if order.position.result is not None:
            raise ValueError("the match is over")
        waiting = self._waiting[queue or kind]
        if self._ended:
            raise EngineFailed("the server stops")
        if len(waiting) >= self._pool.most_waiting:
            raise Crowded("too many are waiting")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        waiting.append(_Request(kind, order, seconds, answer, perf_counter()))
        self._metrics.engine_waiting.labels(kind).inc()
        async with self._news:
            self._news.notify_all()
        return await answer

    async def run(self) -> None:
        """Answer until cancelled; then end all processes and refuse what waits."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(self._pool.workers):
                    tasks.create_task(self._serve(number), name=f"thinker-{number}")
        finally:
            self._ended = True
            for queue in self._waiting.values():
                while queue:
                    self._refuse(queue.popleft(), EngineFailed("the server stops"))

    async def _serve(self, number: int) -> None:
        """Be one worker: take requests, with a process while there are any."""
        pause = 0.0
        try:
            while True:
                request = await self._next(number)
                if await self._carry_out(number, request):
                    pause = 0.0
                else:
                    pause = min(_LONGEST_PAUSE, 2 * pause or _SHORTEST_PAUSE)
                    await asyncio.sleep(pause)  # so that no crash at the start takes a core
        finally:
            await self._end(number)

    async def _next(self, number: int) -> _Request:
        """Wait for the next request; meanwhile, after a while, end the process."""
        while True:
            idle = self._pool.idle if number in self._processes else None
            try:
                async with asyncio.timeout(idle), self._news:
                    if idle is not None:
                        self._resting.add(number)
                    await self._news.wait_for(lambda: self._has_work(number))
                    request = self._take()
                    self._resting.discard(number)
                    self._news.notify_all()  # there may be more, for those without a process
                    return request
            except TimeoutError:
                self._resting.discard(number)
                await self._end(number)

    def _has_work(self, number: int) -> bool:
        if self._resting and number not in self._resting:
            return False  # whoever has a process goes first, so that there are no more than needed
        may_analyse = self._analyses < self._most_analyses
        for_bots = self._waiting[_QUICK] or self._waiting["bot"]
        return bool(for_bots or (may_analyse and self._waiting["analysis"]))

    def _take(self) -> _Request:
        request = next(queue for queue in self._waiting.values() if queue).popleft()
        self._analyses += request.kind == "analysis"
        return request

    async def _carry_out(self, number: int, request: _Request) -> bool:
        """Answer a request; return whether its process can be used again."""
        self._metrics.engine_waiting.labels(request.kind).dec()
        try:
            if request.answer.done():
                return True  # whoever asked has gone
            answer = await self._think(number, request)
        except EngineFailed as failure:
            self._metrics.engine_failures.labels(request.kind).inc()
            log.warning("engine_failed", reason=str(failure), kind=request.kind)
            self._refuse(request, failure)
        except BaseException:
            self._refuse(request, EngineFailed("the server stops"))
            raise
        else:
            seconds = perf_counter() - request.asked_at
            self._metrics.engine_seconds.labels(request.kind).observe(seconds)
            if not request.answer.done():
                request.answer.set_result(answer)
        finally:
            if request.kind == "analysis":
                self._analyses -= 1
                async with self._news:
                    self._news.notify_all()
        return number in self._processes and self._processes[number].alive

    async def _think(self, number: int, request: _Request) -> Answer:
        process = self._processes.get(number)
        if process is None or not process.alive:
            process = await EngineProcess.start(self._pool.megabytes, self._pool.command)
            self._processes[number] = process
        return await process.ask(request.order, request.seconds + self._pool.grace)

    async def _end(self, number: int) -> None:
        process = self._processes.pop(number, None)
        if process is not None:
            await process.kill()

    @staticmethod
    def _refuse(request: _Request, failure: EngineFailed) -> None:
        if not request.answer.done():
            request.answer.set_exception(failure)
