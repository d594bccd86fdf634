"""PostgreSQL and MariaDB: many connections, row locks, and a network that can fail at any moment.

What the two do alike is here; what they do differently is in `postgresql.py` and `mysql.py`. Moves
that end nothing have a connection of their own, on which one statement is one transaction. All
else is written on other connections, so that no login keeps a move waiting.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import compress
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from uttt.storage import endings, work
from uttt.storage.database import PATIENCE
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.work import Entry, Work

T = TypeVar("T")
Row = tuple[int, int, int, int]
Key = tuple[int, int]
Driver = Any
"""The connection of the library that talks to the server; its type is known to its module."""
_Isolation = Literal["READ COMMITTED", "REPEATABLE READ", "AUTOCOMMIT"]

_WRITERS: Final = 4
_READERS: Final = 4
_ATTEMPTS: Final = 4
"""How often a transaction is tried that lost against another one, or whose connection was dead."""
_PATIENCE_FOR_CHANGES: Final = 5.0
"""Seconds for a batch without moves: removing a player with many matches takes a while."""
_CONNECT_TIMEOUT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a database server does in its own way. `driver` is the connection of the library."""

    name: str
    """The name of the backend and the driver, as it begins a URL of SQLAlchemy."""
    connect_args: Callable[[float, float | None], dict[str, Any]]
    """Arguments of the driver, from the seconds for a connection and for a statement (None: as long
    as it takes)."""
    insert_moves: Callable[[Driver, Sequence[Row]], Awaitable[set[Key]]]
    """Insert rows whose key is free and whose match exists, one row a key; return their keys."""
    is_open: Callable[[Driver], bool]
    """Whether the driver still believes in its connection."""
    cut: Callable[[Driver], None]
    """Drop a connection at once, whatever it is doing."""
    is_conflict: Callable[[BaseException], bool]
    """Whether the error says that the transaction lost against another one and may be repeated."""
    lock_schema: str
    """The statement by which whoever changes the tables keeps others from doing so, too."""
    renumber: Callable[[Connection, str], None]
    """Have a table number its next row after the greatest id, once rows came with their ids."""
    errors: tuple[type[BaseException], ...]
    """What the driver raises when it is used without SQLAlchemy."""


class ServerDatabase:
    """A database on a server. Reads and writes each have a few connections."""

    writers = _WRITERS

    def __init__(self, url: URL, dialect: Dialect) -> None:
        self.url = url
        self._dialect = dialect
        self._failures = _failures(dialect)
        self._writing = _engine(
            url, dialect, "READ COMMITTED", _WRITERS, _PATIENCE_FOR_CHANGES - 0.5
        )
        self._reading = _engine(url, dialect, "REPEATABLE READ", _READERS, PATIENCE - 0.3)
        self._appending = _engine(url, dialect, "AUTOCOMMIT", 1, PATIENCE - 0.3)
        self._append_connection: AsyncConnection | None = None

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a transaction of its own, on what is committed. Raises Unavailable."""

        async def once() -> T:
            async with self._connected(self._reading) as connection:
                return await connection.run_sync(query)

        return await self._patiently(PATIENCE, once)

    async def commit(self, batch: Sequence[Work]) -> list[Any]:
        """Write a batch in one transaction; see `Database.commit`."""
        entries = [piece for piece in batch if isinstance(piece, Entry)]
        if len(entries) == len(batch) and all(e.event.outcome is None for e in entries):
            return await self._patiently(PATIENCE, lambda: self._append(entries))
        patience = PATIENCE if entries else _PATIENCE_FOR_CHANGES
        return await self._patiently(patience, lambda: self._transact(batch, entries))

    async def close(self) -> None:
        """Close all connections."""
        if self._append_connection is not None:
            await self._append_connection.close()
        for engine in (self._writing, self._reading, self._appending):
            await engine.dispose()

    async def _patiently(self, seconds: float, once: Callable[[], Awaitable[T]]) -> T:
        """Await `once()`, again where it lost a race for locks or found its connection dead."""
        try:
            async with asyncio.timeout(seconds):
                for attempt in range(1, _ATTEMPTS + 1):
                    try:
                        return await once()
                    except self._failures as error:
                        if attempt == _ATTEMPTS or not self._may_repeat(error):
                            raise
                raise AssertionError  # the last attempt returns or raises
        except TimeoutError:
            raise Unavailable("the database did not answer in time") from None
        except PoolTimeoutError:
            raise Unavailable("all connections to the database are in use") from None
        except self._failures as error:
            raise Unavailable(_reason(error)) from error

    def _may_repeat(self, error: BaseException) -> bool:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True  # before its commit, so the server has undone it
        return self._dialect.is_conflict(error)

    async def _append(self, entries: Sequence[Entry]) -> list[Any]:
        """Insert the rows of moves that end nothing: one statement, one transaction."""
        connection = self._append_connection
        driver = None if connection is None else await _driver(connection)
        if driver is None or not self._dialect.is_open(driver):
            driver = await self._reconnect()
        try:
            return await self._insert(driver, entries)
        except BaseException:
            self._dialect.cut(driver)  # it may be in the middle of anything
            raise

    async def _reconnect(self) -> Driver:
        broken, self._append_connection = self._append_connection, None
        if broken is not None:
            await broken.invalidate()
            await broken.close()
        self._append_connection = await self._appending.connect()
        return await _driver(self._append_connection)

    async def _insert(self, driver: Driver, entries: Sequence[Entry]) -> list[Any]:
        first: dict[Key, Entry] = {}  # of several for one ply the first wins
        for entry in entries:
            first.setdefault((entry.fixture.id, entry.event.ply), entry)
        rows = [first[key].row for key in sorted(first)]  # sorted: no deadlock with another node
        inserted = await self._dialect.insert_moves(driver, rows)
        return [
            None if key in inserted and first[key] is entry else Behind()
            for entry in entries
            for key in ((entry.fixture.id, entry.event.ply),)
        ]

    async def _transact(self, batch: Sequence[Work], entries: Sequence[Entry]) -> list[Any]:
        async with self._connected(self._writing) as connection:
            transaction = await connection.begin()
            appended = iter(await self._append_and_end(connection, entries) if entries else ())
            changes = [piece for piece in batch if not isinstance(piece, Entry)]
            changed = iter(await connection.run_sync(work.apply, changes))
            outcomes = [next(appended if isinstance(piece, Entry) else changed) for piece in batch]
            try:
                await transaction.commit()
            except (DBAPIError, OSError) as error:  # not to be repeated: it may have been done
                raise Unavailable(_reason(error)) from error
            return outcomes

    async def _append_and_end(
        self, connection: AsyncConnection, entries: Sequence[Entry]
    ) -> list[Any]:
        player_ids = [player.id for entry in entries for player in entry.fixture.players]
        # this first statement begins the transaction, to which those on the driver then belong
        ratings = await connection.run_sync(endings.lock_players, player_ids)
        here = [all(player.id in ratings for player in e.fixture.players) for e in entries]
        driver = await _driver(connection)
        inserted = iter(await self._insert(driver, list(compress(entries, here))))
        outcomes = [next(inserted) if is_here else Behind() for is_here in here]
        ended = [
            entry
            for entry, outcome in zip(entries, outcomes, strict=True)
            if outcome is None and entry.event.outcome is not None
        ]
        await connection.run_sync(endings.finish, ended, ratings)
        return outcomes

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A connection that is cut if whoever uses it cannot wait any longer."""
        async with engine.connect() as connection:
            driver = await _driver(connection)
            try:
                yield connection
            except asyncio.CancelledError:
                self._dialect.cut(driver)
                raise


async def _driver(connection: AsyncConnection) -> Driver:
    return (await connection.get_raw_connection()).driver_connection


def _engine(
    url: URL, dialect: Dialect, isolation: _Isolation, size: int, statement_timeout: float | None
) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername=dialect.name),
        isolation_level=isolation,
        pool_size=size,
        max_overflow=0,
        pool_timeout=PATIENCE,
        hide_parameters=True,  # failures are logged, what was to be stored must not be
        connect_args=dialect.connect_args(_CONNECT_TIMEOUT, statement_timeout),
    )


def _failures(dialect: Dialect) -> tuple[type[BaseException], ...]:
    return (SQLAlchemyError, OSError, *dialect.errors)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error) or type(error).__name__


def run(
    url: URL, dialect: Dialect, function: Callable[[Connection], T], *, write: bool = True
) -> T:
    """Run a function in a transaction outside of a node: for commands. Raises Unavailable.

    Not from within an event loop. With `write` no other command runs meanwhile; without it all
    that is read is of one moment.
    """

    async def once() -> T:
        engine = _engine(url, dialect, "READ COMMITTED" if write else "REPEATABLE READ", 1, None)
        try:
            async with engine.begin() as connection:
                if write:
                    await connection.exec_driver_sql(dialect.lock_schema)
                return await connection.run_sync(function)
        except _failures(dialect) as error:
            raise Unavailable(_reason(error)) from error
        finally:
            await engine.dispose()

    return asyncio.run(once())
