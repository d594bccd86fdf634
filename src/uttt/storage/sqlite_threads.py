"""Threads that use a SQLite file, for the event loop never waits for the disk, and how they begin
and end a transaction. What they read and write is never here.

Each has a connection of its own, opened when it is first needed. They take what is to be done from
one queue, which costs half of what an executor does.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from uttt.storage.failures import Unavailable

T = TypeVar("T")


class _Call(NamedTuple):
    function: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"


class Threads:
    """A number of threads for one kind of work."""

    def __init__(self, engine: Engine, name: str, number: int) -> None:
        """`engine` has no pool: the connections are kept here."""
        self._engine = engine
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._run, name=f"{name}-{i}", daemon=True) for i in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def call(self, function: Callable[[Connection], T]) -> "asyncio.Future[T]":
        """Run `function` in one of the threads; the future gets what it returns or raises, and
        Unavailable if the database failed.

        If the future is cancelled before the function is begun it is never run; what a thread has
        begun it finishes.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put(_Call(function, loop, future))
        return future

    def close(self) -> None:
        """Finish what was begun and let go of the file. Not for the event loop: it waits."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while (call := self._calls.get()) is not None:
            connection = self._do(call, connection)
            del call  # it may be long until the next one
        _let_go(connection)

    def _do(self, call: _Call, connection: Connection | None) -> Connection | None:
        """Answer a call; return the connection for the next one, if it is still of use."""
        if call.future.cancelled():  # whoever waited was told that it failed
            return connection
        result: object = None
        failure: BaseException | None = None
        try:
            connection = connection or self._engine.connect()
            result = call.function(connection)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            failure = _told(error)
        with suppress(RuntimeError):  # the loop is closed, so nobody waits any more
            call.loop.call_soon_threadsafe(_answer, call.future, result, failure)
        if failure is None:
            return connection
        _let_go(connection)  # it may be in the middle of anything
        return None


@contextmanager
def transaction(connection: Connection, begin: str) -> Iterator[None]:
    """A transaction, committed at the end; if the block raises, whoever called closes the
    connection. It is the driver's, which costs less than one of SQLAlchemy's; the latter finds
    itself in it if a statement is run the usual way.
    """
    driver = driver_of(connection)
    driver.execute(begin)
    yield
    driver.commit()
    forget(connection)


def forget(connection: Connection) -> None:
    """Have SQLAlchemy know of no transaction, as it does after a statement run the usual way."""
    if connection.in_transaction():
        connection.commit()


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the connection of the library."""
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101
    return driver


def _told(error: BaseException) -> BaseException:
    if not isinstance(error, (DBAPIError, sqlite3.Error)):
        return error
    unavailable = Unavailable(str(getattr(error, "orig", error)))
    unavailable.__cause__ = error
    return unavailable


def _let_go(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(Exception):  # it is of no use any more in any case
            connection.close()


def _answer(future: "asyncio.Future[Any]", result: object, failure: BaseException | None) -> None:
    if future.done():
        return  # it was cancelled
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
