"""The lanes of the journal on a database that writes several transactions at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from node import START
from uttt.domain.events import Ended, Event, Outcome, Played, Result
from uttt.domain.match import Fixture, Player
from uttt.metrics import Metrics
from uttt.rules.rulesets import STANDARD
from uttt.service.heartbeat import Heartbeat
from uttt.service.journal import MAX_BATCH, MAX_CHANGES_ALONE, Journal
from uttt.storage.database import PATIENCE
from uttt.storage.failures import Locked, Unavailable
from uttt.storage.nodes import NodeInfo
from uttt.storage.work import Entry, Work

PLAYERS = (Player(1, "ann", registered=False), Player(2, "bob", registered=False))
FIXTURE = Fixture(1, "m", STANDARD, PLAYERS, ranked=False, created_at=START)
MOVE = Played(0, START, 40, None)
END = Ended(0, START, Outcome(Result.VOID, None, rated=False))


class Writers:
    """A database that writes when a batch is let go; `batches` are those under way."""

    writers = 2

    def __init__(self) -> None:
        self.batches: list[tuple[list[Work], float, asyncio.Future[None]]] = []

    async def commit(self, batch: Sequence[Work], patience: float = PATIENCE) -> list[Any]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.batches.append((list(batch), patience, done))
        await done
        return [None for _ in batch]

    def of(self, kind: Callable[[Work], bool]) -> list[tuple[list[Work], float, Any]]:
        """Those under way whose first piece is of this kind."""
        return [b for b in self.batches if not b[2].done() and kind(b[0][0])]

    def let_go(self, failure: Exception | None = None) -> None:
        for _, _, done in self.batches:
            if done.done():
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)


def is_move(work: Work) -> bool:
    return isinstance(work, Entry) and work.event.outcome is None


def is_end(work: Work) -> bool:
    return isinstance(work, Entry) and work.event.outcome is not None


def is_change(work: Work) -> bool:
    return not isinstance(work, Entry)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Journal, Writers, Heartbeat]]:
    database: Any = Writers()
    metrics = Metrics()
    info = NodeInfo("node", "0", "0", "here", START)
    heartbeat = Heartbeat(database, info, lambda: START, metrics)
    journal = Journal(database, heartbeat, metrics)
    task = asyncio.create_task(journal.run())
    yield journal, database, heartbeat
    journal.close()
    while not task.done():
        database.let_go()
        await asyncio.sleep(0)
    await task


async def asked(journal: Journal, *wanted: Event | None) -> list[asyncio.Future[None]]:
    """Ask for events, or with None for changes, one after the other."""
    tasks = []
    for event in wanted:
        work = journal.write(lambda _: None) if event is None else journal.append(entry(event))
        tasks.append(asyncio.ensure_future(work))
        await asyncio.sleep(0)
    await rounds()
    return tasks


async def rounds() -> None:
    """More than those for which the journal lets others go first."""
    for _ in range(10):
        await asyncio.sleep(0)


def entry(event: Event) -> Entry:
    return Entry(FIXTURE, event, 20)


async def test_nothing_waits_for_what_is_of_another_kind() -> None:
    async with running() as (journal, database, _):
        await asked(journal, None, None, None, None, MOVE, END)
        assert len(database.of(is_change)) == 2, "as many at a time as there are writers"
        assert len(database.of(is_move)) == 1
        assert len(database.of(is_end)) == 1


@pytest.mark.parametrize(
    ("event", "kind", "longest"),
    [(MOVE, is_move, MAX_BATCH), (END, is_end, MAX_BATCH), (None, is_change, MAX_CHANGES_ALONE)],
)
async def test_long_batches_are_split(
    event: Event | None, kind: Callable[[Work], bool], longest: int
) -> None:
    async with running() as (journal, database, _):
        tasks = await asked(journal, *[event] * (3 * longest + 2))
        while not all(task.done() for task in tasks):
            database.let_go()
            await asyncio.sleep(0)
        sizes = [len(batch) for batch, _, _ in database.batches if kind(batch[0])]
        assert sum(sizes) == len(tasks)
        assert max(sizes) == longest


async def test_what_is_urgent_goes_before_other_changes() -> None:
    order: list[str] = []

    def noted(name: str) -> Callable[[Any], None]:
        return lambda _: order.append(name)

    async with running() as (journal, database, _):
        await asked(journal, None, None)  # both writers are busy
        login = asyncio.create_task(journal.write(noted("login")))
        await rounds()
        match = asyncio.create_task(journal.write(noted("match"), urgent=True))
        await rounds()
        for wanted in (match, login):
            _, _, done = database.of(is_change)[0]
            done.set_result(None)
            await rounds()
            (change,), _, _ = database.batches[-1]
            change(None)
            assert order[-1] == ("match" if wanted is match else "login")
        database.let_go()
        await asyncio.gather(match, login)


async def test_who_has_waited_has_less_patience() -> None:
    async with running() as (journal, database, _):
        await asked(journal, MOVE)
        await asked(journal, MOVE)
        await asyncio.sleep(0.3)
        database.let_go()
        await asyncio.sleep(0.01)
        (_, first, _), (_, second, _) = database.batches
        assert first == pytest.approx(PATIENCE, abs=0.1)
        assert second == pytest.approx(PATIENCE - 0.3, abs=0.1)


async def test_changes_that_have_waited_together_have_the_same_patience() -> None:
    """One writer takes one at a time; the second has waited no less than the first."""
    async with running() as (journal, database, _):
        await asked(journal, None, None)  # both writers are busy
        waiting = await asked(journal, None, None)
        await asyncio.sleep(0.3)
        _, _, busy = database.of(is_change)[0]
        busy.set_result(None)
        await rounds()
        await asyncio.sleep(0.2)
        _, first, done = database.batches[-1]
        done.set_result(None)
        await rounds()
        _, second, _ = database.batches[-1]
        assert first - second == pytest.approx(0.2, abs=0.1)
        database.let_go()
        await asyncio.gather(*waiting)


@pytest.mark.parametrize("event", [MOVE, END, None])
async def test_an_outage_refuses_all_that_waits_in_all_lanes(event: Event | None) -> None:
    async with running() as (journal, database, heartbeat):
        first = await asked(journal, event)
        if event is None:
            first += await asked(journal, event)
        (failing,) = {id(done): done for _, _, done in database.batches[-1:]}.values()
        waiting = await asked(journal, MOVE, MOVE, END, END, None, None, None, None)
        failing.set_exception(Unavailable("gone"))
        await asyncio.sleep(0.01)
        assert not heartbeat.healthy
        busy = database.of(is_move) + database.of(is_end) + database.of(is_change)
        under_way = sum(len(batch) for batch, _, _ in busy)
        refused = [task for task in waiting if task.done()]
        assert len(refused) >= len(waiting) - under_way
        assert {type(task.exception()) for task in refused} == {Unavailable}
        (later,) = await asked(journal, MOVE)
        assert isinstance(later.exception(), Unavailable)
        database.let_go()
        await asyncio.gather(*first, *waiting, return_exceptions=True)


async def test_a_lock_on_moves_is_an_outage() -> None:
    async with running() as (journal, database, heartbeat):
        (task,) = await asked(journal, MOVE)
        database.let_go(Locked("somebody holds the table"))
        await asyncio.sleep(0.01)
        assert isinstance(task.exception(), Unavailable)
        assert not heartbeat.healthy


@pytest.mark.parametrize("event", [END, None])
async def test_a_lock_on_anything_else_is_none(event: Event | None) -> None:
    async with running() as (journal, database, heartbeat):
        (task,) = await asked(journal, event)
        database.let_go(Locked("somebody holds a player"))
        await asyncio.sleep(0.01)
        assert isinstance(task.exception(), Unavailable)
        assert heartbeat.healthy
