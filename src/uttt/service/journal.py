"""Group commit: one task takes all that waits, has it written in one transaction, answers, repeats.

Batch size follows load by itself: while one batch is on its way to the disk the next one gathers.
Whoever awaits `append` or `write` goes on only when what he asked for is committed.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from uttt.storage.failures import Unavailable
from uttt.storage.matches import Entry
from uttt.storage.sqlite import SqliteDatabase, Work

T = TypeVar("T")
MAX_BATCH: Final = 256
"""Pieces of work in one transaction: more gain nothing and make everybody in it wait."""

log = structlog.get_logger(__name__)


class Journal:
    """All writes of this node, in the order in which they were asked for."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._ended = False

    async def append(self, entry: Entry) -> None:
        """Make an event of a match a fact. Raises Behind if its ply is taken, or Unavailable."""
        await self._enqueue(entry)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` and return what it returns, once committed. Raises what it raises, or
        Unavailable.
        """
        result: T = await self._enqueue(change)
        return result

    def write_later(self, change: Callable[[Connection], None]) -> None:
        """Run `change` with one of the next batches; a failure is logged and nobody
        waits for it.
        """
        self._enqueue(change).add_done_callback(_log_failure)

    def _enqueue(self, work: Work) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._ended:
            future.set_exception(Unavailable("the journal has ended"))
            return future
        self._waiting.append((work, future))
        self._wake.set()
        return future

    async def run(self) -> None:
        """Write batches until `close` is called and nothing waits any more."""
        batch: list[tuple[Work, asyncio.Future[Any]]] = []
        try:
            while self._waiting or not self._closing:
                await self._wake.wait()
                batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                if not self._waiting and not self._closing:
                    self._wake.clear()
                if batch:
                    await self._commit(batch)
        finally:
            self._ended = True  # nobody may wait for what will never be written
            _answer([*batch, *self._waiting], Unavailable("the journal has ended"))

    def close(self) -> None:
        """Let `run` return as soon as all that waits is written."""
        self._closing = True
        self._wake.set()

    async def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> None:
        try:
            outcomes = await self._database.commit([work for work, _ in batch])
        except Unavailable as failure:
            log.error("commit_failed", reason=str(failure), entries=len(batch))
            _answer(batch, failure)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue  # whoever waited has gone; what he asked for is done all the same
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


def _answer(batch: list[tuple[Work, asyncio.Future[Any]]], failure: Unavailable) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(failure)


def _log_failure(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and (failure := future.exception()) is not None:
        log.error("background_write_failed", reason=repr(failure))
