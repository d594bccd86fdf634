"""SQLite: one writer thread with its own connection, a few readers, WAL with synchronous=FULL.

What differs from other databases is here and nowhere else. SQLite allows one writer at a time, so
all writes, moves and everything else, pass through the one thread and share its commits.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from uttt.storage import matches
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.matches import Entry

T = TypeVar("T")
Change = Callable[[Connection], Any]
Work = Entry | Change

_READERS = 2
_INSERT_MOVE = "INSERT OR IGNORE INTO moves (match_id, ply, move, at) VALUES (?, ?, ?, ?)"


class SqliteDatabase:
    """A database file. Threads: one writes, two read; the event loop never waits for the disk."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self._writer_engine = make_engine(self.url, begin="BEGIN IMMEDIATE")
        self._reader_engine = make_engine(self.url, begin="BEGIN")
        self._writer = ThreadPoolExecutor(1, "uttt-writer")
        self._readers = ThreadPoolExecutor(_READERS, "uttt-reader")

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a transaction of its own, on what is committed. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._run, self._reader_engine, query)

    async def commit(self, batch: Sequence[Work]) -> list[Any]:
        """Write a batch in one transaction; when this returns it is on the disk.

        Returns for each piece of work, in order, what it returned or the exception that it raised;
        a piece that raised has changed nothing and costs the others nothing. Raises Unavailable,
        and then nothing at all was written.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._transact, batch)

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._writer.shutdown)
        self._reader_engine.dispose()
        self._writer_engine.dispose()

    @staticmethod
    def _run(engine: Engine, query: Callable[[Connection], T]) -> T:
        try:
            with engine.begin() as connection:
                return query(connection)
        except DBAPIError as error:
            raise Unavailable(str(error.orig)) from error

    def _transact(self, batch: Sequence[Work]) -> list[Any]:
        try:
            with self._writer_engine.begin() as connection:
                driver: Any = connection.connection.driver_connection
                return [
                    append(connection, driver, work)
                    if isinstance(work, Entry)
                    else _apply(connection, work)
                    for work in batch
                ]
        except (DBAPIError, sqlite3.Error) as error:
            raise Unavailable(str(getattr(error, "orig", error))) from error


def append(connection: Connection, driver: sqlite3.Connection, entry: Entry) -> Behind | None:
    """Insert the row of an event and what its ending brings. Returns Behind if its ply
    was taken.
    """
    event_ = entry.event
    try:
        row = (entry.fixture.id, event_.ply, entry.move, event_.at)
        inserted = driver.execute(_INSERT_MOVE, row).rowcount
    except sqlite3.IntegrityError:
        return Behind()  # the match itself is gone, which the caller finds out as he reads it again
    if not inserted:
        return Behind()
    if event_.outcome is not None:
        matches.finish(connection, entry)
    return None


def _apply(connection: Connection, change: Change) -> object:
    """Run one change so that its failure, but not that of the database, stays its own."""
    savepoint = connection.begin_nested()
    try:
        result = change(connection)
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.IntegrityError):
            raise
        savepoint.rollback()
        return error
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for the change
        savepoint.rollback()
        return error
    savepoint.commit()
    return result


def make_engine(url: URL, begin: str) -> Engine:
    """Return an engine whose transactions start with the statement `begin`."""
    engine = create_engine(
        url,
        hide_parameters=True,  # failures are logged, what was to be stored must not be
        connect_args={"timeout": 5.0, "check_same_thread": False, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def configure(driver: sqlite3.Connection, _record: object) -> None:
        driver.isolation_level = None  # we say ourselves when a transaction begins
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def exists(url: URL) -> bool:
    """Whether there is a database file."""
    return Path(url.database or "").exists()


def create_file(url: URL) -> None:
    """Make a database file, readable by its owner only, unless there is one. Raises OSError."""
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)  # there will be password hashes in it
