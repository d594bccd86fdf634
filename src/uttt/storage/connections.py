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

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from uttt.storage.database import PATIENCE

Row = tuple[int, int, int, int]
Key = tuple[int, int]
Driver = Any
"""The connection of the library that talks to the server; its type is known to its module."""
Isolation = Literal["READ COMMITTED", "REPEATABLE READ", "AUTOCOMMIT"]

IDLE_TIMEOUT: Final = 2
"""Seconds after which the server ends a transaction in which nothing is said, and frees its locks:
we may be cut off from it, and it need not notice. Ours never pause.
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
    insert_moves: Callable[[Driver, Sequence[Row]], Awaitable[set[Key]]]
    """Insert rows whose key is free and whose match exists, one row a key; return their keys."""
    transport: Callable[[Driver], asyncio.Transport | None]
    """What carries its bytes; None if it has nothing any more."""
    cut: Callable[[Driver], None]
    """Drop a connection at once, whatever it is doing."""
    is_conflict: Callable[[BaseException], bool]
    """Whether the error says that the transaction lost against another one and may be repeated."""
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
        """With size 0 for `hold` only, which then keeps one. `on_silence` is called when a deadline
        has passed.
        """
        pool: dict[str, Any] = {"poolclass": NullPool}
        if size:
            pool = {"pool_size": size, "max_overflow": 0, "pool_timeout": _POOL_TIMEOUT}
        self._dialect = dialect
        self._on_silence = on_silence
        self._engine = open_engine(url, dialect, isolation, statement_timeout, pool)
        self._distrusted = 0.0
        self._held: AsyncConnection | None = None
        self._held_since = 0.0
        event.listen(self._engine.sync_engine, "connect", _note_birth)
        event.listen(self._engine.sync_engine, "checkout", self._check)

    @asynccontextmanager
    async def connected(self, deadline: float) -> AsyncIterator[AsyncConnection]:
        """A connection, which is cut when the clock of the event loop shows `deadline`.

        A cancellation would not do: before it comes out, SQLAlchemy says goodbye to the server and
        waits for its answer.
        """
        timer: asyncio.TimerHandle | None = None
        try:
            async with self._engine.connect() as connection:
                driver = await driver_of(connection)
                timer = asyncio.get_running_loop().call_at(deadline, self._give_up, driver)
                try:
                    yield connection
                except asyncio.CancelledError:
                    self.cut(driver)  # it may be in the middle of anything
                    raise
        finally:
            if timer is not None:  # only now, since giving a connection back asks the server, too
                timer.cancel()

    def _give_up(self, driver: Driver) -> None:
        self._on_silence()
        self.cut(driver)

    async def hold(self) -> Driver:
        """The one connection that is kept, a new one if it may be dead."""
        if self._held is not None:
            driver = await driver_of(self._held)
            if self._is_usable(driver, self._held_since):
                return driver
            self.cut(driver)
            broken, self._held = self._held, None
            await broken.invalidate()
            await broken.close()
        self._held = await self._engine.connect()
        self._held_since = perf_counter()
        return await driver_of(self._held)

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
        if self._held is not None:
            driver = await driver_of(self._held)
            timer = asyncio.get_running_loop().call_later(GOODBYE_TIMEOUT, self.cut, driver)
            try:
                await self._held.close()
            finally:
                timer.cancel()
        await self._engine.dispose()

    def _is_usable(self, driver: Driver, since: float) -> bool:
        return since > self._distrusted and _is_open(self._dialect.transport(driver))

    def _check(self, _adapter: object, entry: ConnectionPoolEntry, _proxy: object) -> None:
        driver = entry.driver_connection
        if not self._is_usable(driver, entry.info["since"]):
            self.cut(driver)
            raise DisconnectionError  # the pool then opens another one


def _is_open(transport: asyncio.Transport | None) -> bool:
    return transport is not None and not transport.is_closing()


def _note_birth(_adapter: object, entry: ConnectionPoolEntry) -> None:
    entry.info["since"] = perf_counter()


async def driver_of(connection: AsyncConnection) -> Driver:
    """Return what the library has for a connection of SQLAlchemy."""
    return (await connection.get_raw_connection()).driver_connection


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
