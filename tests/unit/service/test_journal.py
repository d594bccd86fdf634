"""Group commit: batches, whose failure is whose, and the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from structlog.testing import capture_logs

from node import START, Node, new_database, running_node
from uttt.domain.events import Played
from uttt.domain.match import Fixture, Player
from uttt.metrics import Metrics
from uttt.rules.rulesets import STANDARD
from uttt.service.heartbeat import Heartbeat
from uttt.service.journal import MAX_CHANGES, Journal
from uttt.storage import matches, players
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.nodes import NodeInfo
from uttt.storage.sqlite import SqliteDatabase
from uttt.storage.tables import players as players_table
from uttt.storage.work import Entry, Newcomer

PATIENCE = 5.0
PLAYERS = (Player(1, "ann", registered=False), Player(2, "bob", registered=False))


class SlowDatabase:
    """Commits when it is told to; notes the batches."""

    writers = 0

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.gate = asyncio.Event()
        self.failure: Exception | None = None

    async def commit(self, batch: Sequence[Any], _patience: float = 1.5) -> list[Any]:
        self.batches.append(list(batch))
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return [None if not callable(work) else work(None) for work in batch]


def journal_on(database: Any) -> Journal:
    metrics = Metrics()
    info = NodeInfo("node", "0", "0", "here", START)
    return Journal(database, Heartbeat(database, info, lambda: START, metrics), metrics)


@asynccontextmanager
async def slow() -> AsyncIterator[tuple[Journal, SlowDatabase]]:
    database: Any = SlowDatabase()
    journal = journal_on(database)
    task = asyncio.create_task(journal.run())
    yield journal, database
    database.gate.set()
    journal.close()
    await asyncio.wait_for(task, PATIENCE)


def giving(value: object) -> Callable[[Connection], Any]:
    return lambda _: value


def create(name: str) -> Callable[[Connection], Any]:
    return lambda connection: players.create(connection, name, None, None, START)


async def healthy(node: Node) -> None:
    """Wait until the heartbeat has found that the database works."""
    async with asyncio.timeout(PATIENCE):
        while not node.heartbeat.healthy:
            await node.database.commit([lambda _: None])


async def test_each_gets_his_own_answer() -> None:
    async with slow() as (journal, database):
        database.gate.set()
        answers = await asyncio.gather(*(journal.write(giving(n)) for n in range(50)))
        assert answers == list(range(50))


async def test_what_comes_while_a_batch_is_written_makes_the_next_one() -> None:
    async with slow() as (journal, database):
        writes = [asyncio.create_task(journal.write(giving(0)))]
        await asyncio.sleep(0.01)
        writes += [asyncio.create_task(journal.write(giving(n))) for n in range(1, MAX_CHANGES + 1)]
        await asyncio.sleep(0.01)
        assert [len(batch) for batch in database.batches] == [1]
        assert not any(write.done() for write in writes)
        database.gate.set()
        assert await asyncio.gather(*writes) == list(range(MAX_CHANGES + 1))
        assert [len(batch) for batch in database.batches] == [1, MAX_CHANGES]


async def test_batches_are_bounded_and_keep_the_order() -> None:
    async with slow() as (journal, database):
        count = 2 * MAX_CHANGES + 3
        order: list[int] = []
        writes = [
            asyncio.create_task(journal.write(lambda _, n=n: order.append(n))) for n in range(count)
        ]
        await asyncio.sleep(0.01)
        database.gate.set()
        await asyncio.gather(*writes)
        assert [len(batch) for batch in database.batches] == [MAX_CHANGES, MAX_CHANGES, 3]
        assert order == list(range(count))


async def test_a_move_waits_for_a_few_changes_at_the_most() -> None:
    """However many log in: they share the transactions of those who play."""
    fixture = Fixture(1, "m", STANDARD, PLAYERS, ranked=False, created_at=START)
    entry = Entry(fixture, Played(0, START, 40, None), 20)
    async with slow() as (journal, database):
        writes = [asyncio.create_task(journal.write(giving(0))) for _ in range(5 * MAX_CHANGES)]
        guest = Newcomer("eve", bytes(32), START)
        writes += [asyncio.create_task(journal.admit(guest)) for _ in range(5 * MAX_CHANGES)]
        await asyncio.sleep(0.01)
        move = asyncio.create_task(journal.append(entry))
        await asyncio.sleep(0)
        database.gate.set()
        await asyncio.gather(*writes, move)
        assert entry in database.batches[1]
        assert any(0 < batch.count(guest) < len(batch) - 1 for batch in database.batches), "mixed"
        assert max(map(len, database.batches)) == MAX_CHANGES + 1


async def test_all_of_a_batch_hear_that_it_was_not_committed() -> None:
    async with slow() as (journal, database):
        database.failure = Unavailable("disk full")
        with capture_logs() as logged:
            writes = [asyncio.create_task(journal.write(giving(n))) for n in range(5)]
            await asyncio.sleep(0.01)
            database.gate.set()
            failures = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(failure) for failure in failures] == [Unavailable] * 5
        assert [entry["event"] for entry in logged] == ["commit_failed", "database_away"]
        with pytest.raises(Unavailable, match="away"):
            await journal.write(giving("until the heartbeat says that it is back"))


async def test_who_cannot_be_told_costs_the_others_nothing() -> None:
    fixture = Fixture(1, "m", STANDARD, PLAYERS, ranked=False, created_at=START)
    entry = Entry(fixture, Played(0, START, 40, None), 20)
    told: list[object] = []

    def fail(_: object) -> None:
        raise ZeroDivisionError

    async with slow() as (journal, database):
        database.gate.set()
        with capture_logs() as logged:
            assert all(journal.post(entry, settle) for settle in (told.append, fail, told.append))
            await journal.append(entry)
        assert len(told) == 2
        assert [entry["event"] for entry in logged] == ["telling_failed"]


@pytest.mark.parametrize("end", ["while it waits", "during the commit"])
async def test_who_was_told_is_not_told_again_at_the_end(end: str) -> None:
    fixture = Fixture(1, "m", STANDARD, PLAYERS, ranked=False, created_at=START)
    entry = Entry(fixture, Played(0, START, 40, None), 20)
    told: list[object] = []
    database: Any = SlowDatabase()
    journal = journal_on(database)
    task = asyncio.create_task(journal.run())
    journal.post(entry, told.append)
    await asyncio.sleep(0.01)
    if end == "during the commit":
        journal.close()
    database.gate.set()
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert told == [None]


async def test_nothing_is_posted_while_the_database_is_away() -> None:
    fixture = Fixture(1, "m", STANDARD, PLAYERS, ranked=False, created_at=START)
    entry = Entry(fixture, Played(0, START, 40, None), 20)
    async with slow() as (journal, database):
        database.failure = Unavailable("disk full")
        database.gate.set()
        with capture_logs(), pytest.raises(Unavailable, match="disk full"):
            await journal.append(entry)
        told: list[object] = []
        assert not journal.post(entry, told.append)
        with pytest.raises(Unavailable, match="away"):
            await journal.append(entry)
        assert told == []


async def test_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    async with slow() as (journal, database):
        order: list[str] = []
        gone = asyncio.create_task(journal.write(lambda _: order.append("gone")))
        kept = asyncio.create_task(journal.write(lambda _: order.append("kept")))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0)
        database.gate.set()
        await kept
        assert order == ["gone", "kept"]


async def test_close_writes_all_that_waits() -> None:
    database: Any = SlowDatabase()
    journal = journal_on(database)
    task = asyncio.create_task(journal.run())
    writes = [asyncio.create_task(journal.write(giving(n))) for n in range(3 * MAX_CHANGES + 5)]
    await asyncio.sleep(0.01)
    journal.close()
    await asyncio.sleep(0.01)
    assert not task.done()
    database.gate.set()
    assert await asyncio.gather(*writes) == list(range(3 * MAX_CHANGES + 5))
    await asyncio.wait_for(task, PATIENCE)


async def test_close_with_nothing_to_do() -> None:
    journal = journal_on(SlowDatabase())
    task = asyncio.create_task(journal.run())
    await asyncio.sleep(0)
    journal.close()
    await asyncio.wait_for(task, PATIENCE)


async def test_when_the_journal_has_died_nobody_waits_for_it() -> None:
    """A node whose journal died must be able to stop: what asks for a write hears Unavailable."""
    database: Any = SlowDatabase()
    journal = journal_on(database)
    task = asyncio.create_task(journal.run())
    waiting = asyncio.create_task(journal.write(giving("in the batch")))
    await asyncio.sleep(0.01)
    queued = asyncio.create_task(journal.write(giving("in the queue")))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    later = asyncio.create_task(journal.write(giving("later")))
    done, pending = await asyncio.wait({waiting, queued, later}, timeout=0.5)
    for write in pending:
        write.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    assert not pending
    assert {type(write.exception()) for write in done} == {Unavailable}


async def test_the_failure_of_one_change_costs_the_others_nothing(tmp_path: Path) -> None:
    def bad(connection: Connection) -> None:
        players.create(connection, "half", None, None, START)
        raise ValueError("a bug")

    def broken_key(connection: Connection) -> None:
        connection.execute(text("INSERT INTO friends VALUES (77, 78)"))

    async with running_node(tmp_path) as node:
        outcomes = await asyncio.gather(
            *(node.journal.write(change) for change in
              (create("ann"), bad, broken_key, create("ann"), create("bob"))),
            return_exceptions=True,
        )  # fmt: skip
        assert [type(outcome).__name__ for outcome in outcomes] == [
            "Player", "ValueError", "IntegrityError", "NameTaken", "Player",
        ]  # fmt: skip
        assert await names(node) == ["ann", "bob"]


async def test_a_lost_race_is_told_to_the_loser_alone(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match = await node.match(ann, bob)
        entries = [Entry(match.fixture, Played(0, START, move, None), 20) for move in (40, 41)]
        outcomes = await asyncio.gather(
            node.journal.append(entries[0]),
            node.journal.append(entries[1]),
            node.journal.write(create("eve")),
            return_exceptions=True,
        )
        assert outcomes[0] is None
        assert isinstance(outcomes[1], Behind)
        assert not isinstance(outcomes[2], BaseException)
        found = await node.database.read(lambda c: matches.find(c, match.fixture.public_id))
        assert found is not None
        assert (found.next_ply, found.position.last) == (1, 40)


async def test_when_the_commit_fails_nothing_was_written_and_the_next_one_works(
    tmp_path: Path,
) -> None:
    def spoil(connection: Connection) -> None:
        """SQLite looks at this reference only at the commit, which then fails."""
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(text("INSERT INTO friends VALUES (77, 78)"))

    async with running_node(tmp_path) as node:
        outcomes = await asyncio.gather(
            *(node.journal.write(change) for change in (create("ann"), spoil, create("bob"))),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
        assert await names(node) == []
        await healthy(node)
        await node.journal.write(create("eve"))
        assert await names(node) == ["eve"]


async def test_what_is_answered_is_in_the_file(tmp_path: Path) -> None:
    """A second database on the same file sees it at once."""
    url = new_database(tmp_path)
    node, other = Node(url), SqliteDatabase(url)
    await node.start()
    await node.journal.write(create("ann"))
    query = select(players_table.c.name)
    assert await other.read(lambda c: list(c.scalars(query))) == ["ann"]
    await other.close()
    await node.stop()


async def names(node: Node) -> list[str]:
    query = select(players_table.c.name).order_by(players_table.c.name)
    return await node.database.read(lambda c: list(c.scalars(query)))


@pytest.mark.parametrize("count", [1, 300])
async def test_one_commit_for_all_that_waits(tmp_path: Path, count: int) -> None:
    async with running_node(tmp_path) as node:
        commits = 0
        original = node.database.commit

        async def counted(batch: Sequence[Any], patience: float) -> list[Any]:
            nonlocal commits
            commits += 1
            return await original(batch, patience)

        node.database.commit = counted  # type: ignore[method-assign]
        await asyncio.gather(*(node.journal.write(create(f"u{n}")) for n in range(count)))
        assert commits == -(-count // MAX_CHANGES)
