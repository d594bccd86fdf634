"""SQLite: one writer thread with its own connection, a few readers, WAL with synchronous=FULL.

What differs from other databases is here and nowhere else. SQLite allows one writer at a time, so
all writes, moves and everything else, pass through the one thread and share its commits.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from uttt.storage import endings, work
from uttt.storage.database import PATIENCE
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.work import Entry, Work

T = TypeVar("T")

_READERS = 2
_BEGIN: Final = "BEGIN IMMEDIATE"
"""How a transaction that writes begins: it waits for others now, not at its first write."""
_BUSY_TIMEOUT: Final = 1.0
"""Seconds that a node waits for another program's lock; less than `PATIENCE`, so that it knows."""
_TOOL_TIMEOUT: Final = 10.0
"""The same for commands, which nobody waits for with a stopwatch."""


class SqliteDatabase:
    """A database file. Threads: one writes, two read; the event loop never waits for the disk."""

    writers = 0

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self._writer = _Writer(_engine(self.url, _BEGIN, _BUSY_TIMEOUT))
        self._reader_engine = _engine(self.url, "BEGIN", _BUSY_TIMEOUT)
        self._writing = ThreadPoolExecutor(1, "uttt-writer")
        self._reading = ThreadPoolExecutor(_READERS, "uttt-reader")

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a transaction of its own, on what is committed. Raises Unavailable."""
        return await _in_time(PATIENCE, self._reading, _run, self._reader_engine, query)

    async def commit(self, batch: Sequence[Work], patience: float = PATIENCE) -> list[Any]:
        """Write a batch in one transaction; see `Database.commit`.

        A thread cannot be interrupted: what is not done in time may still be done later.
        """
        return await _in_time(patience, self._writing, _transact, self._writer, batch)

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        await asyncio.to_thread(self._reading.shutdown)
        await asyncio.to_thread(self._writing.shutdown)
        self._reader_engine.dispose()
        self._writer.close()


async def _in_time(
    seconds: float, threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: object
) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)
    except TimeoutError:
        raise Unavailable("the disk did not answer in time") from None


def _run(engine: Engine, query: Callable[[Connection], T]) -> T:
    try:
        with engine.begin() as connection:
            return query(connection)
    except DBAPIError as error:
        raise Unavailable(str(error.orig)) from error


class _Writer:
    """The one connection that writes; belongs to the one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction, committed at the end; after a failure the connection is replaced."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            with self._connection.begin():
                yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def _transact(writer: _Writer, batch: Sequence[Work]) -> list[Any]:
    entries = [piece for piece in batch if isinstance(piece, Entry)]
    try:
        with writer.transaction() as connection:
            appended = _append(connection, entries) if entries else []
            if len(entries) == len(batch):
                return appended
            changes = [piece for piece in batch if not isinstance(piece, Entry)]
            first, then = iter(appended), iter(work.apply(connection, changes))
            return [next(first if isinstance(piece, Entry) else then) for piece in batch]
    except (DBAPIError, sqlite3.Error) as error:
        raise Unavailable(str(getattr(error, "orig", error))) from error


def _append(connection: Connection, entries: Sequence[Entry]) -> list[Behind | None]:
    """Insert the rows of events and what their endings bring; Behind for those whose ply was
    taken.
    """
    driver: Any = connection.connection.driver_connection
    outcomes = _insert(driver, entries)
    ended = [
        entry
        for entry, outcome in zip(entries, outcomes, strict=True)
        if outcome is None and entry.event.outcome is not None
    ]
    if ended:
        rated = [e for e in ended if e.event.outcome is not None and e.event.outcome.rated]
        player_ids = [player.id for entry in rated for player in entry.fixture.players]
        endings.finish(connection, ended, endings.lock_players(connection, player_ids))
    return outcomes


def _insert(driver: sqlite3.Connection, entries: Sequence[Entry]) -> list[Behind | None]:
    """Insert the rows of events, on the driver itself: all with one statement, or one by one if
    something is in the way of one of them. To be called before anything else in a transaction.

    One statement gives up the interpreter's lock once, not once a row: the event loop wants it at
    the same time.
    """
    values = [value for entry in entries for value in entry.row]
    with suppress(sqlite3.IntegrityError):
        if driver.execute(_insertion(len(entries)), values).rowcount == len(entries):
            return [None] * len(entries)
    driver.execute("ROLLBACK")
    driver.execute(_BEGIN)
    return [None if _insert_one(driver, entry) else Behind() for entry in entries]


def _insert_one(driver: sqlite3.Connection, entry: Entry) -> bool:
    try:
        return driver.execute(_insertion(1), entry.row).rowcount > 0
    except sqlite3.IntegrityError:
        return False  # the match itself is gone, which the caller finds out as he reads it again


@cache
def _insertion(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?)"] * rows)
    return f"INSERT OR IGNORE INTO moves (match_id, ply, move, at) VALUES {values}"  # noqa: S608


def _engine(url: URL, begin: str, busy_timeout: float) -> Engine:
    """Return an engine whose transactions start with the statement `begin`."""
    engine = create_engine(
        url,
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
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute("PRAGMA temp_store=MEMORY")  # savepoints would make files

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
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
    engine = _engine(url, _BEGIN if write else "BEGIN", _TOOL_TIMEOUT)
    try:
        return _run(engine, function)
    finally:
        engine.dispose()


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
