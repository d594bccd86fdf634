"""Group commit: one task takes all that waits, has it written in one transaction, answers, repeats.

Batch size follows load by itself: while one batch is on its way to the disk the next one gathers
(only guests and new matches wait for more of their kind besides, in `lanes.py`). Whoever posts an
event is called back, and whoever awaits anything else goes on, only when what he asked for is
committed. Where the database can write several transactions at a time there are five lanes, so that
no move waits for anything but moves: moves that end nothing, ends of matches, guests who come,
matches that begin, and all else.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from uttt.domain.match import Match
from uttt.metrics import Metrics
from uttt.service.heartbeat import Heartbeat
from uttt.service.lanes import Lane, Settle, Waiting
from uttt.storage import guests, openings
from uttt.storage.database import Database
from uttt.storage.failures import Locked, Unavailable
from uttt.storage.work import Change, Entry, Newcomer, NewMatch, Work

T = TypeVar("T")
MAX_CHANGES: Final = 10
"""Changes in one transaction, where moves share it: a login takes as long as twenty moves."""
MAX_GATHERED_AMONG_MOVES: Final = 8
"""Newcomers and new matches among those, so that there is room for others beside them."""
MAX_CHANGES_ALONE: Final = 1
"""The same in a lane of their own, which go on several at a time. Each takes its locks in the one
order that all keep (players, the rest, numbers of ratings); two together would not.
"""
MAX_GATHERED: Final = 16
"""Newcomers, or new matches, in one transaction in a lane of their own; each number is a statement
of its own, which connections keep.
"""
_PATIENCE_FOR_CHANGES: Final = 5.0
"""Seconds for one of those, since removing a player with many matches takes a while; and for what
is gathered, since a batch may have to wait for another one in which somebody waits for his name.
"""

log = structlog.get_logger(__name__)


class Journal:
    """All writes of this node."""

    def __init__(self, database: Database, heartbeat: Heartbeat, metrics: Metrics) -> None:
        self._database = database
        self._heartbeat = heartbeat
        self._metrics = metrics
        self._moves = Lane("moves", max_changes=MAX_CHANGES, max_gathered=MAX_GATHERED_AMONG_MOVES)
        self._ends = self._newcomers = self._matches = self._changes = self._moves
        if database.writers:
            self._ends = Lane("ends")
            patience = _PATIENCE_FOR_CHANGES
            self._newcomers = Lane("newcomers", max_gathered=MAX_GATHERED, patience=patience)
            self._matches = Lane("matches", max_gathered=MAX_GATHERED, patience=patience)
            self._changes = Lane(  # one at a time does not get cheaper by waiting for more
                "changes", max_changes=MAX_CHANGES_ALONE, patience=patience, rounds=0
            )
        self._ended = False

    def post(self, entry: Entry, settle: Settle) -> bool:
        """Make an event of a match a fact, and call `settle` with what came of it: None once it is
        committed, else Behind if its ply is taken, or Unavailable. What `settle` raises is logged.

        Return whether it was accepted. If not nothing is called: the journal has ended, or the
        database is known to be away and may take long to say so.
        """
        if self._ended or not self._heartbeat.healthy:
            return False
        lane = self._moves if entry.event.outcome is None else self._ends
        lane.add_entry(entry, settle)
        return True

    async def append(self, entry: Entry) -> None:
        """Make an event of a match a fact. Raises Behind if its ply is taken, or Unavailable."""
        future, settle = self._accepted()
        self.post(entry, settle)
        await future

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` and return what it returns, once committed. Raises what it raises, or
        Unavailable.
        """
        future, settle = self._accepted()
        self._changes.add_change(change, settle)
        result: T = await future
        return result

    async def admit(self, newcomer: Newcomer) -> tuple[int, int]:
        """Make a temporary user; return the ids of the player and of his session, once committed.
        Raises NameTaken or Unavailable.
        """
        future, settle = self._accepted()
        self._newcomers.add_newcomer(newcomer, settle)
        ids: tuple[int, int] = await future
        return ids

    async def open(self, new: NewMatch, *, at_once: bool = False) -> Match:
        """Make a match and return it, once committed. `at_once`: it does not wait for others that
        are to be made. Raises what `openings.Refusal` says, or Unavailable.
        """
        future, settle = self._accepted()
        shared = self._matches is self._moves  # by moves, of which there is always another batch
        self._matches.add_match(new, settle, at_once=at_once or shared)
        match: Match = await future
        return match

    def _accepted(self) -> "tuple[asyncio.Future[Any], Settle]":
        """Return a future for something that is to be written, and what sets it. Raises
        Unavailable where `post` accepts nothing.
        """
        if self._ended or not self._heartbeat.healthy:
            raise self._refusal()
        future = asyncio.get_running_loop().create_future()
        return future, partial(_set, future)

    def _refusal(self) -> Unavailable:
        return Unavailable("the journal has ended" if self._ended else "the database is away")

    async def run(self) -> None:
        """Write batches until `close` is called and nothing waits any more."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._run(self._moves), name="journal")
                if self._database.writers:
                    tasks.create_task(self._run(self._ends), name="journal-ends")
                    tasks.create_task(self._run(self._newcomers), name="journal-newcomers")
                    tasks.create_task(self._run(self._matches), name="journal-matches")
                for number in range(self._database.writers):
                    tasks.create_task(self._run(self._changes), name=f"journal-changes-{number}")
        finally:
            self._ended = True  # nobody may wait for what will never be written
            self._refuse_waiting(Unavailable("the journal has ended"))

    async def _run(self, lane: Lane) -> None:
        batch: list[Waiting] = []
        try:
            while lane or not lane.closing:
                await lane.wake.wait()
                for _ in range(lane.rounds):  # let more come in
                    await asyncio.sleep(0)
                batch, patience = lane.take()
                if batch:
                    await self._commit(lane, batch, patience)
                    batch = []  # all in it have been told, and that is done once
        finally:
            _refuse(batch, Unavailable("the journal has ended"))

    def close(self) -> None:
        """Let `run` return as soon as all that waits is written."""
        for lane in self._lanes():
            lane.close()

    async def _commit(self, lane: Lane, batch: list[Waiting], patience: float) -> None:
        started = perf_counter()
        try:
            outcomes = await self._database.commit([work for work, _, _ in batch], patience)
        except Unavailable as failure:
            if self._are_tried_alone(lane, batch, failure):
                return
            log.error("commit_failed", reason=str(failure), entries=len(batch), lane=lane.name)
            _refuse(batch, failure)
            self._judge(lane, failure, started, patience)
            return
        self._metrics.committed(lane.name, len(batch), perf_counter() - started)
        if lane is self._matches and any(type(outcome) is Locked for outcome in outcomes):
            self._try_locked_alone(lane, batch, outcomes)
        else:
            _tell(batch, outcomes)

    def _try_locked_alone(self, lane: Lane, batch: list[Waiting], outcomes: list[Any]) -> None:
        """Tell all but the matches whose players somebody has locked: each of them is to wait for
        them where it keeps no other waiting.
        """
        locked: list[Waiting] = []
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Locked) and not lane.closing:
                locked.append(waiting)
            else:
                _tell([waiting], [outcome])
        self._have_tried_alone(locked)

    def _are_tried_alone(self, lane: Lane, batch: list[Waiting], failure: Unavailable) -> bool:
        """Whether newcomers, or new matches, are to be written one by one, since somebody has a
        lock that one of them wants: the others are not to suffer from it.
        """
        gathers = lane in (self._newcomers, self._matches) and lane is not self._moves
        if not gathers or len(batch) == 1 or not isinstance(failure, Locked) or lane.closing:
            return False
        self._have_tried_alone(batch)  # nothing was written
        return True

    def _have_tried_alone(self, batch: list[Waiting]) -> None:
        self._changes.add_changes([(_alone(work), settle, since) for work, settle, since in batch])

    def _judge(self, lane: Lane, failure: Unavailable, started: float, patience: float) -> None:
        """Tell an outage from somebody who keeps a few rows locked; a lock on moves is one."""
        if lane is not self._moves:
            if isinstance(failure, Locked):
                return
            if patience < lane.patience / 2:  # it may have waited for a lock too late
                self._heartbeat.suspect()
                return
        self._heartbeat.doubt(str(failure), started)
        self._refuse_waiting(failure)

    def _lanes(self) -> tuple[Lane, ...]:
        return self._moves, self._ends, self._newcomers, self._matches, self._changes

    def _refuse_waiting(self, failure: Unavailable) -> None:
        for lane in self._lanes():
            _refuse(lane.take_all(), failure)


def _alone(work: Work) -> Change:
    if isinstance(work, Newcomer):
        return partial(guests.create_without_waiting, newcomer=work)
    assert isinstance(work, NewMatch)  # noqa: S101 - there are no others in these lanes
    return partial(openings.open_match, new=work)


def _refuse(batch: list[Waiting], failure: Unavailable) -> None:
    _tell(batch, [failure] * len(batch))


def _tell(batch: list[Waiting], outcomes: list[Any]) -> None:
    for (_, settle, _), outcome in zip(batch, outcomes, strict=True):
        try:
            settle(outcome)
        except Exception:  # a bug, which is to keep nothing from the others
            log.exception("telling_failed")


def _set(future: "asyncio.Future[Any]", outcome: object) -> None:
    """Settle who waits for a future."""
    if future.done():
        return  # he has gone; what he asked for is done all the same
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
