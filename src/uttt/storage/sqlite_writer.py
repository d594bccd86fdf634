"""The one thread that writes to a SQLite file, with its one connection, and what it writes.

A statement gives up the interpreter's lock and has to take it again while the event loop wants it,
too, so everything here is about few statements: moves that end nothing are one, which is a
transaction by itself.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from uttt.storage import endings, work
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.work import Entry, Work

T = TypeVar("T")
BEGIN: Final = "BEGIN IMMEDIATE"
"""How a transaction that writes begins: it waits for others now, not at its first write."""


class _Call(NamedTuple):
    batch: Sequence[Work]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[list[Any]]"


class Writer:
    """Writes batches, one after the other, in a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="uttt-writer", daemon=True)
        self._thread.start()

    def write(self, batch: Sequence[Work]) -> "asyncio.Future[list[Any]]":
        """Write a batch in one transaction; see `Database.commit`.

        If the future is cancelled before the batch is begun, nothing is written; what the thread
        has begun it finishes.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Any]] = loop.create_future()
        self._calls.put(_Call(batch, loop, future))
        return future

    def close(self) -> None:
        """Finish what was begun and let go of the file. Not for the event loop: it waits."""
        self._calls.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            if call.future.cancelled():  # whoever waited was told that it failed
                continue
            outcomes: list[Any] = []
            failure: BaseException | None = None
            try:
                outcomes = self._transact(call.batch)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                failure = error
            with suppress(RuntimeError):  # the loop is closed, so nobody waits any more
                call.loop.call_soon_threadsafe(_settle, call.future, outcomes, failure)
        self._let_go()

    def _transact(self, batch: Sequence[Work]) -> list[Any]:
        entries = [piece for piece in batch if isinstance(piece, Entry)]
        try:
            if len(entries) == len(batch) and all(e.event.outcome is None for e in entries):
                connection = self._connected()
                if _insert_all(connection, entries):
                    return [None] * len(entries)
            with self._transaction() as connection:
                appended = iter(_append(connection, entries) if entries else ())
                changes = [piece for piece in batch if not isinstance(piece, Entry)]
                changed = iter(work.apply(connection, changes))
                return [next(appended if isinstance(piece, Entry) else changed) for piece in batch]
        except (DBAPIError, sqlite3.Error) as error:
            self._let_go()  # the next batch gets a new connection
            raise Unavailable(str(getattr(error, "orig", error))) from error

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction, committed at the end. It is the driver's, which costs less than one of
        SQLAlchemy's; the latter finds itself in it if a statement is run the usual way.
        """
        connection = self._connected()
        driver = _driver(connection)
        driver.execute(BEGIN)
        try:
            yield connection
            driver.commit()
        except BaseException:
            self._let_go()
            raise
        if connection.in_transaction():
            connection.commit()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError, sqlite3.Error):  # it is of no use any more in any case
                connection.close()
        self._engine.dispose()


def _settle(
    future: "asyncio.Future[list[Any]]", outcomes: list[Any], failure: BaseException | None
) -> None:
    if future.done():
        return  # it was cancelled
    if failure is None:
        future.set_result(outcomes)
    else:
        future.set_exception(failure)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101
    return driver


def _append(connection: Connection, entries: Sequence[Entry]) -> list[Behind | None]:
    """Insert the rows of events and what their endings bring; Behind for those whose ply was
    taken.
    """
    if _insert_all(connection, entries):
        outcomes: list[Behind | None] = [None] * len(entries)
    else:
        driver = _driver(connection)
        outcomes = [None if _insert_one(driver, entry) else Behind() for entry in entries]
    ended = [
        entry
        for entry, outcome in zip(entries, outcomes, strict=True)
        if outcome is None and entry.event.outcome is not None
    ]
    if ended:
        endings.finish(connection, ended, endings.lock_rated(connection, ended))
    return outcomes


def _insert_all(connection: Connection, entries: Sequence[Entry]) -> bool:
    """Insert the rows of events with one statement, unless something is in the way of one of them:
    then none.
    """
    values = [value for entry in entries for value in entry.row]
    try:
        _driver(connection).execute(_insertion(len(entries)), values)
    except sqlite3.IntegrityError:
        return False
    return True


def _insert_one(driver: sqlite3.Connection, entry: Entry) -> bool:
    try:
        driver.execute(_insertion(1), entry.row)
    except sqlite3.IntegrityError:
        return False  # its ply is taken, or the match itself is gone
    return True


@cache
def _insertion(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?)"] * rows)
    return f"INSERT INTO moves (match_id, ply, move, at) VALUES {values}"  # noqa: S608
