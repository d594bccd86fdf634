"""SQLite: one writer thread with its own connection, a few readers, WAL with synchronous=FULL.

What differs from other databases is in the modules whose names begin with `sqlite`, and nowhere
else. SQLite allows one writer at a time, so all writes, moves and everything else, pass through the
one thread and share its commits.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from uttt.storage.database import PATIENCE
from uttt.storage.failures import Unavailable
from uttt.storage.sqlite_threads import Threads, driver_of, forget, transaction
from uttt.storage.sqlite_writer import BEGIN, write
from uttt.storage.work import Work

T = TypeVar("T")

_READERS = 2
_READ: Final = "BEGIN"
"""How a transaction begins that only reads."""
_LONGEST_LOG: Final = 4000
"""Pages of 4 KiB in the log, after which a commit copies them into the file. That takes two more
syncs, for which all wait who move: with 1,000, SQLite's own figure, in one of a hundred commits.
"""
_BUSY_TIMEOUT: Final = 1.0
"""Seconds that a node waits for another program's lock; less than `PATIENCE`, so that it knows."""
_TOOL_TIMEOUT: Final = 10.0
"""The same for commands, which nobody waits for with a stopwatch."""


class SqliteDatabase:
    """A database file. Threads: one writes, two read; the event loop never waits for the disk."""

    writers = 0

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self._writing = Threads(_engine(self.url, BEGIN, _BUSY_TIMEOUT), "uttt-writer", 1)
        self._reading = Threads(_engine(self.url, _READ, _BUSY_TIMEOUT), "uttt-reader", _READERS)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a transaction of its own, on what is committed. Raises Unavailable."""

        def whole(connection: Connection) -> T:
            with transaction(connection, _READ):
                return query(connection)

        return await _in_time(PATIENCE, self._reading.call(whole))

    async def look(self, query: Callable[[Connection], T]) -> T:
        """Run a `query` of one statement, on what is committed. Raises Unavailable."""

        def alone(connection: Connection) -> T:
            found = query(connection)
            forget(connection)
            return found

        return await _in_time(PATIENCE, self._reading.call(alone))

    async def commit(self, batch: Sequence[Work], patience: float = PATIENCE) -> list[Any]:
        """Write a batch in one transaction; see `Database.commit`.

        A thread cannot be interrupted: what is not done in time may still be done later.
        """
        return await _in_time(patience, self._writing.call(lambda c: write(c, batch)))

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        await asyncio.to_thread(self._reading.close)
        await asyncio.to_thread(self._writing.close)


async def _in_time(seconds: float, answer: "asyncio.Future[T]") -> T:
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise Unavailable("the disk did not answer in time") from None


def _engine(url: URL, begin: str, busy_timeout: float) -> Engine:
    """Return an engine whose transactions start with the statement `begin`."""
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,  # failures are logged, what was to be stored must not be
        connect_args={
            "timeout": busy_timeout,
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def configure(driver: sqlite3.Connection, _record: object) -> None:
        driver.isolation_level = None  # we say ourselves when a transaction begins
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute(f"PRAGMA wal_autocheckpoint={_LONGEST_LOG}")
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute("PRAGMA temp_store=MEMORY")  # savepoints would make files

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        if not driver_of(connection).in_transaction:  # else we have begun one already
            connection.exec_driver_sql(begin)

    return engine


def exists(url: URL) -> bool:
    """Whether there is a database file."""
    return Path(url.database or "").exists()


def create(url: URL) -> None:
    """Make a database file, readable by its owner only, unless there is one. Raises Unavailable."""
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)  # there will be password hashes in it
    except OSError as error:
        raise Unavailable(str(error)) from error


def run(url: URL, function: Callable[[Connection], T], *, write: bool = True) -> T:
    """Run a function in a transaction outside of a node: for commands. Raises Unavailable.

    With `write` no other program writes meanwhile; without it all that is read is of one moment.
    """
    try:
        with _engine(url, BEGIN if write else _READ, _TOOL_TIMEOUT).begin() as connection:
            return function(connection)
    except DBAPIError as error:
        raise Unavailable(str(error.orig)) from error


def is_open_elsewhere(url: URL) -> bool:
    """Whether another program has the file open, such as a server."""
    driver = sqlite3.connect(str(url.database), timeout=0, isolation_level=None)
    try:
        # in WAL mode nobody gets this while somebody else has the file open
        driver.execute("PRAGMA locking_mode=EXCLUSIVE")
        driver.execute("BEGIN EXCLUSIVE")
        driver.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    except sqlite3.Error:
        return False  # not a database: whoever reads it will say so
    finally:
        driver.close()
    return False
