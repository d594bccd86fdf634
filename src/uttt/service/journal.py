"""Group commit: one task takes all that waits, has it written in one transaction, answers, repeats.

Batch size follows load by itself: while one batch is on its way to the disk the next one gathers.
Whoever awaits `append` or `write` goes on only when what he asked for is committed. Where the
database can write several transactions at a time there are three lanes, so that no move waits for
anything but moves: moves that end nothing, ends of matches, and all else.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from uttt.metrics import Metrics
from uttt.service.heartbeat import Heartbeat
from uttt.storage.database import PATIENCE, Database
from uttt.storage.failures import Locked, Unavailable
from uttt.storage.work import Change, Entry, Work

T = TypeVar("T")
MAX_BATCH: Final = 256
"""Events in one transaction: more gain nothing and make everybody in it wait."""
MAX_CHANGES: Final = 10
"""Changes in one transaction, where moves share it: a login takes as long as twenty moves."""
MAX_CHANGES_ALONE: Final = 1
"""The same in a lane of their own, which go on several at a time. Each takes its locks in the one
order that all keep (players, the rest, numbers of ratings); two together would not.
"""
_PATIENCE_FOR_CHANGES: Final = 5.0
"""Seconds for one of those: removing a player with many matches takes a while."""
_LEAST_PATIENCE: Final = 0.25
_ROUNDS: Final = 3
"""Rounds of the event loop before a batch is taken: one in which those who were just answered tell
their players, one in which messages come in that wait in the sockets, one in which these get here.
Not a pause: when there is nothing to do the rounds take no time. When there is, fewer and larger
batches cost less.
"""

log = structlog.get_logger(__name__)
_Waiting = tuple[Work, asyncio.Future[Any], float]
"""What is to be written, who waits for it, and since when (of `perf_counter`)."""


class _Lane:
    """Work that waits to be written: events of matches, and all else, each in the order in which it
    came.
    """

    def __init__(self, name: str, max_changes: int, patience: float = PATIENCE) -> None:
        self.name = name
        self.wake = asyncio.Event()
        self.patience = patience
        self.rounds = _ROUNDS if max_changes > 1 else 0  # one at a time does not get cheaper
        self._max_changes = max_changes
        self._entries: list[_Waiting] = []
        self._changes: list[_Waiting] = []
        self._urgent = 0  # of the changes, the first

    def __len__(self) -> int:
        return len(self._entries) + len(self._changes)

    def add_entry(self, entry: Entry, future: "asyncio.Future[Any]") -> None:
        """Let an event wait."""
        self._entries.append((entry, future, perf_counter()))
        self.wake.set()

    def add_change(self, change: Change, future: "asyncio.Future[Any]", *, urgent: bool) -> None:
        """Let a change wait: behind what is urgent if it is so itself, else behind all."""
        waiting = change, future, perf_counter()
        self.wake.set()
        if urgent:
            self._changes.insert(self._urgent, waiting)
            self._urgent += 1
        else:
            self._changes.append(waiting)

    def take(self) -> tuple[list[_Waiting], float]:
        """Take a batch out; return with it the seconds that are left for it, for who has waited
        for the batch before it has less patience.
        """
        entries, changes = self._entries[:MAX_BATCH], self._changes[: self._max_changes]
        del self._entries[:MAX_BATCH], self._changes[: self._max_changes]
        self._urgent = max(0, self._urgent - self._max_changes)
        now = perf_counter()
        oldest = min((since for _, _, since in entries[:1] + changes), default=now)
        return entries + changes, max(self.patience - (now - oldest), _LEAST_PATIENCE)

    def take_all(self) -> list[_Waiting]:
        """Take all out."""
        waiting, self._entries, self._changes = self._entries + self._changes, [], []
        self._urgent = 0
        return waiting


class Journal:
    """All writes of this node."""

    def __init__(self, database: Database, heartbeat: Heartbeat, metrics: Metrics) -> None:
        self._database = database
        self._heartbeat = heartbeat
        self._metrics = metrics
        self._moves = self._ends = self._changes = _Lane("moves", MAX_CHANGES)
        if database.writers:
            self._ends = _Lane("ends", MAX_CHANGES)
            self._changes = _Lane("changes", MAX_CHANGES_ALONE, _PATIENCE_FOR_CHANGES)
        self._closing = False
        self._ended = False

    def append(self, entry: Entry) -> "asyncio.Future[None]":
        """Make an event of a match a fact. Raises Behind if its ply is taken, or Unavailable.

        Not a coroutine: that would be one more object to make and to resume for each move.
        """
        lane = self._moves if entry.event.outcome is None else self._ends
        future, accepted = self._future()
        if accepted:
            lane.add_entry(entry, future)
        return future

    async def write(self, change: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Run `change` and return what it returns, once committed. Raises what it raises, or
        Unavailable. What is urgent is for those who play: it does not wait for those who log in.
        """
        future, accepted = self._future()
        if accepted:
            self._changes.add_change(change, future, urgent=urgent)
        result: T = await future
        return result

    def _future(self) -> tuple["asyncio.Future[Any]", bool]:
        """Return a future for something that is to be written, and whether it is accepted: nobody
        waits for a database that is known to be away, since it may take long to say so.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._ended or not self._heartbeat.healthy:
            reason = "the journal has ended" if self._ended else "the database is away"
            future.set_exception(Unavailable(reason))
            return future, False
        return future, True

    async def run(self) -> None:
        """Write batches until `close` is called and nothing waits any more."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._run(self._moves), name="journal")
                if self._database.writers:
                    tasks.create_task(self._run(self._ends), name="journal-ends")
                for number in range(self._database.writers):
                    tasks.create_task(self._run(self._changes), name=f"journal-changes-{number}")
        finally:
            self._ended = True  # nobody may wait for what will never be written
            self._refuse_waiting(Unavailable("the journal has ended"))

    async def _run(self, lane: _Lane) -> None:
        batch: list[_Waiting] = []
        try:
            while lane or not self._closing:
                await lane.wake.wait()
                for _ in range(lane.rounds):  # those who have just been answered, and what follows
                    await asyncio.sleep(0)
                batch, patience = lane.take()
                if not lane and not self._closing:
                    lane.wake.clear()
                if batch:
                    await self._commit(lane, batch, patience)
        finally:
            _refuse(batch, Unavailable("the journal has ended"))

    def close(self) -> None:
        """Let `run` return as soon as all that waits is written."""
        self._closing = True
        for lane in (self._moves, self._ends, self._changes):
            lane.wake.set()

    async def _commit(self, lane: _Lane, batch: list[_Waiting], patience: float) -> None:
        started = perf_counter()
        try:
            outcomes = await self._database.commit([work for work, _, _ in batch], patience)
        except Unavailable as failure:
            log.error("commit_failed", reason=str(failure), entries=len(batch), lane=lane.name)
            _refuse(batch, failure)
            self._judge(lane, failure, started, patience)
            return
        self._metrics.committed(lane.name, len(batch), perf_counter() - started)
        for (_, future, _), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue  # whoever waited has gone; what he asked for is done all the same
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _judge(self, lane: _Lane, failure: Unavailable, started: float, patience: float) -> None:
        """Tell an outage from somebody who keeps a few rows locked; a lock on moves is one."""
        if lane is not self._moves:
            if isinstance(failure, Locked):
                return
            if patience < lane.patience / 2:  # it may have waited for a lock too late
                self._heartbeat.suspect()
                return
        self._heartbeat.doubt(str(failure), started)
        self._refuse_waiting(failure)

    def _refuse_waiting(self, failure: Unavailable) -> None:
        for lane in (self._moves, self._ends, self._changes):
            _refuse(lane.take_all(), failure)


def _refuse(batch: list[_Waiting], failure: Unavailable) -> None:
    for _, future, _ in batch:
        if not future.done():
            future.set_exception(failure)
