"""The lanes of the journal, mostly on a database that writes several transactions at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from node import START
from uttt.domain.events import Ended, Event, Outcome, Played, Result
from uttt.domain.match import Fixture, Player
from uttt.metrics import Metrics
from uttt.rules.rulesets import STANDARD
from uttt.service import lanes
from uttt.service.heartbeat import Heartbeat
from uttt.service.journal import (
    MAX_CHANGES,
    MAX_CHANGES_ALONE,
    MAX_GATHERED,
    MAX_GATHERED_AMONG_MOVES,
    Journal,
)
from uttt.service.lanes import MAX_BATCH
from uttt.storage import guests, openings
from uttt.storage.database import PATIENCE
from uttt.storage.failures import Locked, Unavailable
from uttt.storage.nodes import NodeInfo
from uttt.storage.work import Entry, Newcomer, NewMatch, Work

PLAYERS = (Player(1, "ann", registered=False), Player(2, "bob", registered=False))
FIXTURE = Fixture(1, "m", STANDARD, PLAYERS, ranked=False, created_at=START)
MOVE = Played(0, START, 40, None)
GUEST = Newcomer("eve", bytes(32), START)
NEW = NewMatch("new", STANDARD, PLAYERS, START, 5)
END = Ended(0, START, Outcome(Result.VOID, None, rated=False))


class Writers:
    """A database that writes when a batch is let go; `batches` are those under way."""

    def __init__(self, writers: int) -> None:
        self.writers = writers
        self.batches: list[tuple[list[Work], float, asyncio.Future[list[Any] | None]]] = []

    async def commit(self, batch: Sequence[Work], patience: float = PATIENCE) -> list[Any]:
        done: asyncio.Future[list[Any] | None] = asyncio.get_running_loop().create_future()
        self.batches.append((list(batch), patience, done))
        return await done or [None for _ in batch]

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
    return not isinstance(work, (Entry, Newcomer, NewMatch))


def is_newcomer(work: Work) -> bool:
    return isinstance(work, Newcomer)


def is_new_match(work: Work) -> bool:
    return isinstance(work, NewMatch)


@asynccontextmanager
async def running(writers: int = 2) -> AsyncIterator[tuple[Journal, Writers, Heartbeat]]:
    database: Any = Writers(writers)
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


Wanted = Event | Newcomer | NewMatch | None


async def asked(journal: Journal, *wanted: Wanted) -> list[asyncio.Future[Any]]:
    """Ask for events, newcomers, matches, or with None for changes, one after the other."""
    tasks = []
    for one in wanted:
        tasks.append(asyncio.ensure_future(ask(journal, one)))
        await asyncio.sleep(0)
    await rounds()
    return tasks


def ask(journal: Journal, wanted: Wanted) -> Awaitable[Any]:
    if wanted is None:
        return journal.write(lambda _: None)
    if isinstance(wanted, Newcomer):
        return journal.admit(wanted)
    if isinstance(wanted, NewMatch):
        return journal.open(wanted)
    return journal.append(entry(wanted))


async def rounds() -> None:
    """More than those for which the journal lets others go first."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def gathering_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newcomers, and matches, wait until there are enough."""
    monkeypatch.setattr(lanes, "_GATHERING", 3600)
    monkeypatch.setattr(lanes, "_GATHERING_OF_MATCHES", 3600)


async def next_newcomers(database: Writers) -> list[Work]:
    """The batch of newcomers that is under way, or the next one."""
    return await next_of(database, is_newcomer)


async def next_of(database: Writers, kind: Callable[[Work], bool]) -> list[Work]:
    """The batch of this kind that is under way, or the next one."""
    async with asyncio.timeout(10):
        while not database.of(kind):
            await rounds()
    ((batch, _, _),) = database.of(kind)
    return batch


def entry(event: Event) -> Entry:
    return Entry(FIXTURE, event, 20)


async def test_nothing_waits_for_what_is_of_another_kind() -> None:
    async with running() as (journal, database, _):
        await asked(journal, None, None, None, None, MOVE, END, GUEST, NEW)
        assert len(database.of(is_change)) == 2, "as many at a time as there are writers"
        assert len(database.of(is_move)) == 1
        assert len(database.of(is_end)) == 1
        assert len(database.of(is_newcomer)) == 1
        assert len(database.of(is_new_match)) == 1


@pytest.mark.parametrize(
    ("event", "kind", "longest"),
    [
        (MOVE, is_move, MAX_BATCH),
        (END, is_end, MAX_BATCH),
        (GUEST, is_newcomer, MAX_GATHERED),
        (NEW, is_new_match, MAX_GATHERED),
        (None, is_change, MAX_CHANGES_ALONE),
    ],
)
async def test_long_batches_are_split(
    event: Wanted, kind: Callable[[Work], bool], longest: int
) -> None:
    async with running() as (journal, database, _):
        tasks = await asked(journal, *[event] * (3 * longest + 2))
        while not all(task.done() for task in tasks):
            database.let_go()
            await asyncio.sleep(0)
        sizes = [len(batch) for batch, _, _ in database.batches if kind(batch[0])]
        assert sum(sizes) == len(tasks)
        assert max(sizes) == longest


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


@pytest.mark.parametrize("event", [MOVE, END, GUEST, NEW, None])
async def test_an_outage_refuses_all_that_waits_in_all_lanes(event: Wanted) -> None:
    async with running() as (journal, database, heartbeat):
        first = await asked(journal, event)
        if event is None:
            first += await asked(journal, event)
        (failing,) = {id(done): done for _, _, done in database.batches[-1:]}.values()
        kinds_of_work = MOVE, END, GUEST, NEW
        waiting = await asked(journal, *kinds_of_work * 2, *[None] * 4)
        failing.set_exception(Unavailable("gone"))
        await asyncio.sleep(0.01)
        assert not heartbeat.healthy
        kinds = (is_move, is_end, is_newcomer, is_new_match, is_change)
        busy = [batch for kind in kinds for batch in database.of(kind)]
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


@pytest.mark.parametrize("event", [END, GUEST, NEW, None])
async def test_a_lock_on_anything_else_is_none(event: Wanted) -> None:
    async with running() as (journal, database, heartbeat):
        (task,) = await asked(journal, event)
        database.let_go(Locked("somebody holds a player"))
        await asyncio.sleep(0.01)
        assert isinstance(task.exception(), Unavailable)
        assert heartbeat.healthy


@pytest.mark.parametrize(
    ("piece", "kind", "alone", "keyword"),
    [
        (GUEST, is_newcomer, guests.create_without_waiting, "newcomer"),
        (NEW, is_new_match, openings.open_match, "new"),
    ],
)
async def test_a_lock_on_one_of_several_keeps_no_others_waiting(
    piece: Wanted, kind: Callable[[Work], bool], alone: Callable[..., Any], keyword: str
) -> None:
    """What was to be written together is written one by one, what comes behind it as ever."""
    async with running() as (journal, database, heartbeat):
        tasks = await asked(journal, piece)
        tasks += await asked(journal, *[piece] * 3)
        _, _, first = database.of(kind)[0]
        first.set_result(None)
        assert await next_of(database, kind) == [piece] * 3
        ((_, _, done),) = database.of(kind)
        done.set_exception(Locked("somebody has the name, or the player"))
        await rounds()
        changes = database.of(is_change)
        written: list[Any] = [one for batch, _, _ in changes for one in batch]
        assert len(written) == len(changes) == database.writers, "one for each writer"
        for one in written:
            assert one.func is alone
            assert one.keywords == {keyword: piece}
        changes[0][2].set_exception(Locked("this one"))
        changes[1][2].set_result(None)
        await rounds()
        database.let_go()
        *_, last = await asyncio.gather(*tasks, return_exceptions=True)
        refused = [task for task in tasks if isinstance(task.exception(), Unavailable)]
        assert refused == [tasks[1]]
        assert last is None
        assert heartbeat.healthy


@pytest.mark.parametrize("writers", [0, 2])
async def test_a_match_whose_players_are_locked_waits_where_it_is_alone(writers: int) -> None:
    """Before all changes that wait, since it has waited longer."""
    async with running(writers) as (journal, database, heartbeat):
        changes = await asked(journal, *[None] * (2 * writers))
        made, waiting, refused = await asked(journal, NEW, NEW, NEW)
        ((batch, _, done),) = database.of(is_new_match)
        assert batch == [NEW] * 3
        done.set_result([None, Locked("somebody has a player"), openings.PairIsPlaying()])
        await rounds()
        if writers:  # all of them are busy, and more changes wait
            database.of(is_change)[0][2].set_result(None)
            await rounds()
        written: Any = database.batches[-1][0][0]
        assert (written.func, written.keywords) == (openings.open_match, {"new": NEW})
        assert await made is None
        assert isinstance(refused.exception(), openings.PairIsPlaying)
        assert not waiting.done()
        while not all(task.done() for task in (waiting, *changes)):
            database.let_go()
            await rounds()
        assert await waiting is None
        assert heartbeat.healthy


@pytest.mark.usefixtures("gathering_without_end")
async def test_matches_gather() -> None:
    """Until there are enough, or one that does not wait."""
    async with running() as (journal, database, _):
        await asked(journal, NEW)
        assert len(database.of(is_new_match)) == 1, "nobody was before it"
        database.let_go()
        await asked(journal, *[NEW] * (lanes._ENOUGH - 1))
        assert not database.of(is_new_match)
        await asked(journal, NEW)
        assert await next_of(database, is_new_match) == [NEW] * lanes._ENOUGH
        database.let_go()
        await asked(journal, NEW)
        assert not database.of(is_new_match)
        urgent = asyncio.create_task(journal.open(NEW, at_once=True))
        assert await next_of(database, is_new_match) == [NEW] * 2
        database.let_go()
        await urgent
        await asked(journal, NEW)
        assert not database.of(is_new_match), "what comes behind it gathers again"


@pytest.mark.usefixtures("gathering_without_end")
async def test_matches_that_share_the_batches_of_moves_gather_not() -> None:
    async with running(writers=0) as (journal, database, _):
        for _ in range(3):
            await asked(journal, NEW)
            assert await next_of(database, is_new_match) == [NEW]
            database.let_go()


async def test_there_is_room_for_each_kind_in_a_shared_batch() -> None:
    """However much there is of the others; in the order in which they are to be written."""
    async with running(writers=0) as (journal, database, _):
        await asked(journal, MOVE)
        await asked(journal, *[None, GUEST, NEW, MOVE] * (3 * MAX_CHANGES))
        database.let_go()
        await rounds()
        batch = database.batches[-1][0]
        kinds = (is_move, is_new_match, is_newcomer, is_change)
        counts = [sum(map(kind, batch)) for kind in kinds]
        assert counts == [3 * MAX_CHANGES, MAX_GATHERED_AMONG_MOVES, 1, 1]
        assert batch == sorted(batch, key=lambda one: [kind(one) for kind in kinds].index(True))
        database.let_go()


async def test_newcomers_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes alone is written at once, those who come right after him together."""
    monkeypatch.setattr(lanes, "_GATHERING", 0.3)
    async with running() as (journal, database, _):
        await asked(journal, GUEST)
        assert len(database.batches) == 1
        database.let_go()
        await asked(journal, GUEST, GUEST)
        assert await next_newcomers(database) == [GUEST] * 2
        database.let_go()
        await asyncio.sleep(0.4)
        await asked(journal, GUEST)
        assert len(database.of(is_newcomer)) == 1, "the gathering is over"


@pytest.mark.usefixtures("gathering_without_end")
async def test_enough_newcomers_do_not_wait() -> None:
    async with running() as (journal, database, _):
        await asked(journal, GUEST)
        database.let_go()
        await asked(journal, *[GUEST] * (lanes._ENOUGH - 1))
        assert not database.of(is_newcomer)
        await asked(journal, GUEST)
        assert await next_newcomers(database) == [GUEST] * lanes._ENOUGH


@pytest.mark.usefixtures("gathering_without_end")
async def test_at_the_end_newcomers_do_not_wait() -> None:
    async with running() as (journal, database, _):
        await asked(journal, GUEST)
        database.let_go()
        (waiting,) = await asked(journal, GUEST)
        journal.close()
        assert await next_newcomers(database) == [GUEST]
        database.let_go()
        await waiting


@pytest.mark.usefixtures("gathering_without_end")
@pytest.mark.parametrize("writers", [0, 2])
async def test_an_outage_refuses_newcomers_who_gather(writers: int) -> None:
    async with running(writers) as (journal, database, _):
        await asked(journal, GUEST)
        database.let_go()
        (waiting,) = await asked(journal, GUEST)
        await asked(journal, MOVE)
        database.let_go(Unavailable("gone"))
        await rounds()
        assert isinstance(waiting.exception(), Unavailable)


@pytest.mark.usefixtures("gathering_without_end")
async def test_moves_do_not_wait_for_newcomers_who_gather() -> None:
    """On a database that writes one batch at a time they share a lane."""
    async with running(writers=0) as (journal, database, _):
        await asked(journal, GUEST)
        database.let_go()
        await asked(journal, GUEST, GUEST)
        (move,) = await asked(journal, MOVE)
        ((batch, _, _),) = database.of(is_move)
        assert len(batch) == 1
        database.let_go()
        await move
        await asked(journal, *[GUEST] * (lanes._ENOUGH - 2))
        assert await next_newcomers(database) == [GUEST] * lanes._ENOUGH


async def test_who_is_left_over_gathers_too() -> None:
    """Also if the gathering ends while the batch before is on its way."""
    async with running() as (journal, database, _):
        tasks = await asked(journal, GUEST)
        tasks += await asked(journal, *[GUEST] * (MAX_GATHERED + 1))
        database.let_go()
        assert len(await next_newcomers(database)) == MAX_GATHERED
        await asyncio.sleep(3 * lanes._GATHERING)
        database.let_go()
        assert len(await next_newcomers(database)) == 1
        database.let_go()
        await asyncio.gather(*tasks)


async def test_at_the_end_nobody_is_written_who_was_refused() -> None:
    async with running() as (journal, database, _):
        tasks = await asked(journal, *[GUEST] * 2, None)
        tasks += await asked(journal, *[GUEST] * 2)
        journal.close()
        _, _, first = database.of(is_newcomer)[0]
        first.set_result(None)
        await rounds()
        ((batch, _, done),) = database.of(is_newcomer)
        assert len(batch) > 1
        before = len(database.batches)
        done.set_exception(Locked("somebody has the name"))
        await rounds()
        assert len(database.batches) == before
    await asyncio.gather(*tasks, return_exceptions=True)
    refused = [task for task in tasks if isinstance(task.exception(), Unavailable)]
    assert len(refused) == len(batch)
