"""Connections to a database server: opening them, cutting them, and replacing those that may be
dead. What is said on them is never here.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Literal

from sqlalchemy import AdaptedConnection, Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from uttt.storage.database import PATIENCE
from uttt.storage.failures import Locked, Unavailable
from uttt.storage.prepared import STATEMENTS, Statements

Row = tuple[int, int, int, int]
Key = tuple[int, int]
Driver = Any
"""The connection of the library that talks to the server; its type is known to its module."""
Isolation = Literal["READ COMMITTED", "REPEATABLE READ", "AUTOCOMMIT"]

IDLE_TIMEOUT: Final = 2
"""Seconds after which the server ends a transaction in which nothing is said, and frees its locks:
we may be cut off from it, and it need not notice. Ours never pause.
"""
KEPT_STATEMENTS: Final = 200
"""Statements that a connection keeps on the server, those used last: all those with a list count
once for each length, guests and matches that are written together once for each number, and any
connection gets to see all of them.
"""
GOODBYE_TIMEOUT: Final = 0.25
"""Seconds that the server has to answer when a connection is closed."""
_CONNECT_TIMEOUT: Final = 1.0
_POOL_TIMEOUT: Final = PATIENCE - 0.3
_DISCARD_UNSENT: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a database server does in its own way. `driver` is the connection of the library."""

    name: str
    """The name of the backend and the driver, as it begins a URL of SQLAlchemy."""
    connect_args: Callable[[float, float | None], dict[str, Any]]
    """Arguments of the driver, from the seconds for a connection and for a statement (None: as long
    as it takes)."""
    statements: Callable[[AdaptedConnection], Statements]
    """How prepared statements are run on a connection."""
    insert_all_moves: Callable[[Driver, Sequence[Row]], Awaitable[bool]]
    """Insert rows with one statement outside of a transaction; return False, with nothing inserted,
    if a key is taken, or there twice, or a match is gone."""
    insert_moves: Callable[[Driver, Sequence[Row]], Awaitable[set[Key]]]
    """Insert rows whose key is free and whose match exists, one row a key; return their keys."""
    run: Callable[[Driver, str], Awaitable[object]]
    """Run a statement without parameters that returns no rows; what it returns is the database's
    word for what was done, if it says so."""
    settle: Callable[[Isolation], Sequence[str]]
    """Statements by which a new connection gets its kind of transactions."""
    begin: Callable[[Isolation], str]
    """What begins a transaction; nothing if its first statement does."""
    passes_ends_on: bool
    """Whether the server hears of it when SQLAlchemy ends a transaction that it did not begin."""
    transport: Callable[[Driver], asyncio.Transport | None]
    """What carries its bytes; None if it has nothing any more."""
    cut: Callable[[Driver], None]
    """Drop a connection at once, whatever it is doing."""
    is_conflict: Callable[[BaseException], bool]
    """Whether the error says that the transaction lost against another one and may be repeated."""
    is_outdated: Callable[[BaseException], bool]
    """Whether the error says that tables have changed since a statement was prepared, so that
    nothing was done, and connections that are older may say the same."""
    is_lock_timeout: Callable[[BaseException], bool]
    """Whether the error says that others kept a lock for too long, so that nothing was done."""
    lock_schema: str
    """The query by which whoever changes the tables keeps others from doing so, too; it returns 1,
    and fails or returns anything else if somebody has kept us from it for a minute."""
    renumber: Callable[[Connection, str], None]
    """Have a table number its next row after the greatest id, once rows came with their ids."""
    errors: tuple[type[BaseException], ...]
    """What the driver raises when it is used without SQLAlchemy."""

    @property
    def failures(self) -> tuple[type[BaseException], ...]:
        """All that may be raised when the server or the way to it fails."""
        return (SQLAlchemyError, OSError, *self.errors)


class Lost(Exception):
    """A connection broke while somebody used it; the cause says how."""


class Held:
    """An open connection: SQLAlchemy's, and the driver's, on which transactions begin and end.

    SQLAlchemy takes it for one that commits each statement. To have it begin, end and give back
    costs as much as four statements, for each transaction.
    """

    def __init__(
        self, connection: AsyncConnection, driver: Driver, dialect: Dialect, begin: str
    ) -> None:
        self.connection = connection
        self.driver = driver
        self.since = perf_counter()
        self._dialect = dialect
        self._begin = begin

    async def begin(self) -> None:
        """Begin a transaction."""
        if self._begin:
            await self._dialect.run(self.driver, self._begin)

    async def commit(self) -> None:
        """Commit it. Raises Locked if it was undone instead, which PostgreSQL does, and only
        mentions, after an error that somebody took for no matter.
        """
        if await self._end("COMMIT", self.connection.commit) == "ROLLBACK":
            raise Locked("a statement had failed, so the transaction was undone")

    async def roll_back(self) -> None:
        """Undo it, or end one that has only read."""
        await self._end("ROLLBACK", self.connection.rollback)

    async def forget(self) -> None:
        """Have SQLAlchemy know of no transaction, after a statement for which there was none."""
        if self.connection.in_transaction():  # it was not a prepared one
            await self.connection.rollback()

    async def _end(self, how: str, by_sqlalchemy: Callable[[], Awaitable[None]]) -> object:
        """End a transaction, of which SQLAlchemy knows after a statement that was not prepared."""
        knows = self.connection.in_transaction()
        done = None
        if not (knows and self._dialect.passes_ends_on):
            done = await self._dialect.run(self.driver, how)
        if knows:
            await by_sqlalchemy()
        return done


class Connections:
    """A few connections of one kind, opened when they are first needed.

    What is known to be dead, or was there when the server fell silent, is not used again.
    """

    def __init__(
        self,
        url: URL,
        dialect: Dialect,
        isolation: Isolation,
        size: int,
        statement_timeout: float,
        on_silence: Callable[[], None],
    ) -> None:
        """`on_silence` is called when a deadline has passed."""
        self._dialect = dialect
        self._isolation = isolation
        self._on_silence = on_silence
        # nothing is begun when a connection is closed, so there is nothing to reset
        pool = {"poolclass": NullPool, "pool_reset_on_return": None}
        self._engine = open_engine(url, dialect, "AUTOCOMMIT", statement_timeout, pool)
        self._distrusted = 0.0
        self._free: list[Held] = []
        self._places = asyncio.Semaphore(size)

    @asynccontextmanager
    async def connected(self, deadline: float) -> AsyncIterator[Held]:
        """A connection, which is cut when the clock of the event loop shows `deadline`, and not
        used again if the block raises. What is begun in the block must be ended there.

        Raises Lost if it broke meanwhile, and Unavailable if all are in use for too long.
        """
        held = await self._take()
        timer = asyncio.get_running_loop().call_at(deadline, self._give_up, held.driver)
        try:
            yield held
        except BaseException as error:
            was_open = self._is_open(held)
            await self._drop(held)
            if not was_open and isinstance(error, self._dialect.failures):
                raise Lost from error
            raise
        else:
            self._free.append(held)
        finally:
            timer.cancel()
            self._places.release()

    async def _take(self) -> Held:
        if self._places.locked():
            try:
                async with asyncio.timeout(_POOL_TIMEOUT):
                    await self._places.acquire()
            except TimeoutError:
                raise Unavailable("all connections to the database are in use") from None
        else:
            await self._places.acquire()
        try:
            while self._free:
                held = self._free.pop()
                if self._is_usable(held):
                    return held
                await self._drop(held)
            return await self._open()
        except BaseException:
            self._places.release()
            raise

    async def _open(self) -> Held:
        connection = await self._engine.connect()
        raw: Any = await connection.get_raw_connection()
        raw.info[STATEMENTS] = self._dialect.statements(raw.dbapi_connection)
        begin = self._dialect.begin(self._isolation)
        held = Held(connection, raw.driver_connection, self._dialect, begin)
        try:
            if self._isolation != "AUTOCOMMIT":
                for statement in self._dialect.settle(self._isolation):
                    await self._dialect.run(held.driver, statement)
        except BaseException:
            await self._drop(held)
            raise
        return held

    async def _drop(self, held: Held) -> None:
        self.cut(held.driver)  # it may be in the middle of anything
        await held.connection.invalidate()
        await held.connection.close()

    def _give_up(self, driver: Driver) -> None:
        self._on_silence()
        self.cut(driver)

    def distrust(self) -> None:
        """The server did not answer: use none of the present connections for anything new."""
        self._distrusted = perf_counter()

    def cut(self, driver: Driver) -> None:
        """Drop a connection at once, and with it all that was not yet sent, for else it could
        still arrive, and be done, when nobody expects it any more.
        """
        transport = self._dialect.transport(driver)
        if transport is not None and not transport.is_closing():
            with suppress(OSError):  # the other end was faster
                connected: socket.socket = transport.get_extra_info("socket")
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD_UNSENT)
        self._dialect.cut(driver)

    async def close(self) -> None:
        """Close all that nobody uses. Does not wait long for a server that says nothing."""
        free, self._free = self._free, []
        await asyncio.gather(*map(self._say_goodbye, free))
        await self._engine.dispose()

    async def _say_goodbye(self, held: Held) -> None:
        if not self._is_usable(held):
            await self._drop(held)
            return
        timer = asyncio.get_running_loop().call_later(GOODBYE_TIMEOUT, self.cut, held.driver)
        try:
            await held.connection.close()
        finally:
            timer.cancel()

    def _is_usable(self, held: Held) -> bool:
        return held.since > self._distrusted and self._is_open(held)

    def _is_open(self, held: Held) -> bool:
        transport = self._dialect.transport(held.driver)
        return transport is not None and not transport.is_closing()


def open_engine(
    url: URL,
    dialect: Dialect,
    isolation: Isolation,
    statement_timeout: float | None,
    pool: Mapping[str, Any],
) -> AsyncEngine:
    """Return an engine; `pool` are SQLAlchemy's arguments for its connections."""
    return create_async_engine(
        url.set(drivername=dialect.name),
        isolation_level=isolation,
        hide_parameters=True,  # failures are logged, what was to be stored must not be
        connect_args=dialect.connect_args(_CONNECT_TIMEOUT, statement_timeout),
        **pool,
    )
