"""What is SQLite's own: durability of the writer, and files that cannot be used."""

import asyncio
import gc
import sqlite3
import threading
import weakref
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from node import new_database
from uttt.storage import players, sqlite
from uttt.storage.failures import Unavailable
from uttt.storage.players import NameTaken
from uttt.storage.sqlite import SqliteDatabase
from uttt.storage.work import Newcomer


async def test_the_writer_syncs_each_commit(tmp_path: Path) -> None:
    database = SqliteDatabase(new_database(tmp_path))
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    (found,) = await database.commit(
        [lambda c: [c.execute(text(f"PRAGMA {pragma}")).scalar() for pragma in pragmas]]
    )
    assert found == ["wal", 2, 1]
    await database.close()


async def test_a_file_that_is_none_of_sqlites(tmp_path: Path) -> None:
    path = tmp_path / "garbage.db"
    path.write_bytes(b"this is not a database, it only looks for trouble " * 100)
    database = SqliteDatabase(f"sqlite:///{path}")
    for attempt in (database.read(lambda _: None), database.commit([lambda _: None])):
        with pytest.raises(Unavailable):
            await attempt
    await database.close()


async def test_a_file_that_another_program_has_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def impatient(*args: object, **options: object) -> sqlite3.Connection:
        return connect(*args, **{**options, "timeout": 0.05})  # type: ignore[call-overload,no-any-return]

    url = new_database(tmp_path)
    other = sqlite3.connect(tmp_path / "uttt.db", isolation_level=None)
    monkeypatch.setattr(sqlite3, "connect", impatient)
    monkeypatch.setattr("sqlite3.dbapi2.connect", impatient)
    database = SqliteDatabase(url)
    await database.commit([lambda _: None])
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await database.commit([lambda _: None])
    await database.read(lambda c: c.execute(text("SELECT * FROM players")).all())
    other.execute("ROLLBACK")
    assert await database.commit([lambda _: "works again"]) == ["works again"]
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    await database.close()
    other.close()


def test_a_command_says_that_the_file_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_TOOL_TIMEOUT", 0.05)
    url = make_url(new_database(tmp_path))
    other = sqlite3.connect(tmp_path / "uttt.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        sqlite.run(url, lambda _: None)
    other.close()
    assert sqlite.run(url, lambda _: "works again") == "works again"


async def test_a_connection_that_cannot_even_be_closed_costs_its_call_only(tmp_path: Path) -> None:
    """The thread lives, and whoever waits is told at once."""
    database = SqliteDatabase(new_database(tmp_path))

    def broken(connection: Connection) -> None:
        connection.close = None  # type: ignore[assignment, method-assign]
        raise ValueError

    threads = threading.active_count()
    for run in (database.read, database.look, database._writing.call):
        with pytest.raises(ValueError, match=r"^$"):
            await run(broken)
        assert await run(lambda c: c.scalar(text("SELECT 1"))) == 1
    assert threading.active_count() == threads
    await database.close()


async def test_a_thread_that_waits_keeps_nothing_of_what_it_has_read(tmp_path: Path) -> None:
    class Found:
        pass

    database = SqliteDatabase(new_database(tmp_path))
    kept = [weakref.ref(await database.look(lambda _: Found())) for _ in range(4)]
    await asyncio.sleep(0.05)
    gc.collect()
    assert [reference() for reference in kept] == [None] * 4
    await database.close()


async def test_what_was_given_up_before_it_began_is_not_written(tmp_path: Path) -> None:
    """Whoever waited for it has been told that it failed."""
    database = SqliteDatabase(new_database(tmp_path))
    gate = threading.Event()
    slow = asyncio.create_task(database.commit([lambda _: gate.wait(5)]))
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable, match="in time"):
        await database.commit([lambda c: players.create(c, "ann", None, None, 1)], 0.1)
    gate.set()
    assert await slow == [True]
    assert await database.commit([lambda c: players.find(c, "ann")]) == [None]
    await database.close()


async def test_letting_go_of_a_failure_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has it may be the event loop, or hold the very lock that the writer waits for."""
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT", 60.0)
    database = SqliteDatabase(new_database(tmp_path))
    ann = Newcomer("ann", bytes(32), 1)
    _, *outcomes = await database.commit([ann, ann, lambda c: players.create(c, "ann", "", 1, 1)])
    assert [type(outcome) for outcome in outcomes] == [NameTaken, NameTaken]

    other = sqlite3.connect(tmp_path / "uttt.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(database.commit([lambda _: "written"], 60))
    await asyncio.sleep(0.1)  # by then the writer waits for the other's lock
    try:
        async with asyncio.timeout(10):
            await asyncio.to_thread(outcomes.clear)
            await asyncio.to_thread(gc.collect)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert await waiting == ["written"]
    await database.close()
