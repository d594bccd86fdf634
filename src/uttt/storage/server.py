"""PostgreSQL and MariaDB: many connections, row locks, and a network that can fail at any moment.

What the two do alike is here; what they do differently is in `postgresql.py` and `mysql.py`. Moves
that end nothing have a connection of their own, on which one statement is one transaction. All
else is written on other connections, so that no login keeps a move waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import compress
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from uttt.storage import changes, endings
from uttt.storage.connections import (
    Connections,
    Dialect,
    Driver,
    Isolation,
    Key,
    Lost,
    open_engine,
)
from uttt.storage.database import PATIENCE
from uttt.storage.failures import Behind, Locked, Unavailable
from uttt.storage.work import Entry, Work

T = TypeVar("T")

_SILENT: Final = "the database did not answer in time"
_WRITERS: Final = 4
_READERS: Final = 4
_ATTEMPTS: Final = 4
"""How often a transaction is tried that lost against another one, or whose connection was dead."""
_STATEMENT_TIMEOUT: Final = PATIENCE - 0.3
"""Seconds after which the server gives a statement up, before we would cut the connection."""
_TO_CUT: Final = 0.05
"""Seconds that a connection that was cut at the deadline has to say so."""
_LONG_STATEMENT_TIMEOUT: Final = 4.5
"""The same where somebody may have more patience."""


class ServerDatabase:
    """A database on a server. Reads and writes each have a few connections."""

    writers = _WRITERS

    def __init__(self, url: URL, dialect: Dialect) -> None:
        self.url = url
        self._dialect = dialect
        self._failures: tuple[type[BaseException], ...] = (Lost, *dialect.failures)
        self._writing = Connections(
            # one more each for ends of matches, newcomers, new matches and the heartbeat
            url, dialect, "READ COMMITTED", _WRITERS + 4, _LONG_STATEMENT_TIMEOUT, self._distrust,
        )  # fmt: skip
        self._reading = Connections(
            url, dialect, "REPEATABLE READ", _READERS, _STATEMENT_TIMEOUT, self._distrust
        )
        self._appending = Connections(
            url, dialect, "AUTOCOMMIT", 1, _STATEMENT_TIMEOUT, self._distrust
        )

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a transaction of its own, on what is committed. Raises Unavailable."""

        async def once(deadline: float) -> T:
            async with self._reading.connected(deadline) as held:
                await held.begin()
                found = await held.connection.run_sync(query)
                await held.roll_back()
                return found

        return await self._patiently(PATIENCE, once)

    async def look(self, query: Callable[[Connection], T]) -> T:
        """Run a `query` of one statement, on what is committed. Raises Unavailable."""

        async def once(deadline: float) -> T:
            async with self._reading.connected(deadline) as held:
                found = await held.connection.run_sync(query)
                await held.forget()
                return found

        return await self._patiently(PATIENCE, once)

    async def commit(self, batch: Sequence[Work], patience: float = PATIENCE) -> list[Any]:
        """Write a batch in one transaction; see `Database.commit`."""
        entries = [piece for piece in batch if isinstance(piece, Entry)]
        if len(entries) == len(batch) and all(e.event.outcome is None for e in entries):
            return await self._patiently(patience, lambda deadline: self._append(entries, deadline))
        return await self._patiently(
            patience, lambda deadline: self._transact(batch, entries, deadline)
        )

    async def close(self) -> None:
        """Close all connections."""
        for connections in (self._writing, self._reading, self._appending):
            await connections.close()

    async def _patiently(self, seconds: float, once: Callable[[float], Awaitable[T]]) -> T:
        """Await `once(deadline)`, again if it lost a race for locks, or if its connection was dead
        or had prepared what is outdated.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        try:
            async with asyncio.timeout_at(deadline + _TO_CUT):
                for attempt in range(1, _ATTEMPTS + 1):
                    try:
                        return await once(deadline)
                    except Lost as lost:  # before its commit, so the server has undone it
                        if attempt == _ATTEMPTS or loop.time() >= deadline:
                            raise Unavailable(_reason(lost.__cause__)) from lost
                    except self._dialect.failures as error:
                        if self._dialect.is_outdated(error):
                            self._distrust()
                        elif not self._dialect.is_conflict(error):
                            raise
                        if attempt == _ATTEMPTS:
                            raise
                raise AssertionError  # the last attempt returns or raises
        except TimeoutError:
            self._distrust()
            raise Unavailable(_SILENT) from None
        except self._dialect.failures as error:
            raise self._unavailable(error) from error

    def _distrust(self) -> None:
        for connections in (self._writing, self._reading, self._appending):
            connections.distrust()

    def _unavailable(self, error: BaseException) -> Unavailable:
        is_locked = self._dialect.is_lock_timeout(error) or self._dialect.is_conflict(error)
        return (Locked if is_locked else Unavailable)(_reason(error))

    async def _append(self, entries: Sequence[Entry], deadline: float) -> list[Any]:
        """Insert the rows of moves that end nothing: one statement, one transaction."""
        try:
            async with self._appending.connected(deadline) as held:
                rows = sorted([entry.row for entry in entries])  # no deadlock with another node
                if rows and await self._dialect.insert_all_moves(held.driver, rows):
                    return [None] * len(entries)
                return await self._insert(held.driver, entries)
        except Lost as lost:  # not to be repeated: it may have been done
            raise Unavailable(_reason(lost.__cause__)) from lost

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

    async def _transact(
        self, batch: Sequence[Work], entries: Sequence[Entry], deadline: float
    ) -> list[Any]:
        committing = False
        try:
            async with self._writing.connected(deadline) as held:
                await held.begin()
                outcomes = await held.connection.run_sync(self._write, batch, entries)
                if len(outcomes) == 1 and isinstance(outcomes[0], Exception):
                    await held.roll_back()
                    return outcomes
                committing = True
                await held.commit()
                return outcomes
        except self._failures as error:
            if committing:  # not to be repeated: it may have been done
                raise Unavailable(_reason(error.__cause__ or error)) from error
            raise

    def _write(
        self, connection: Connection, batch: Sequence[Work], entries: Sequence[Entry]
    ) -> list[Any]:
        appended = iter(self._append_and_end(connection, entries) if entries else ())
        others = [piece for piece in batch if not isinstance(piece, Entry)]
        if len(batch) == len(others) == 1:  # which needs no savepoint
            return [changes.apply_alone(connection, others[0])]
        changed = iter(changes.apply(connection, others))
        return [next(appended if isinstance(piece, Entry) else changed) for piece in batch]

    def _append_and_end(self, connection: Connection, entries: Sequence[Entry]) -> list[Any]:
        match_ids = [entry.fixture.id for entry in entries]
        # players before matches, as everybody has it
        ratings = endings.lock_rated(connection, entries)
        existing = endings.lock_matches(connection, match_ids)
        here = [match_id in existing for match_id in match_ids]
        rows = list(compress(entries, here))
        raw: Any = connection.connection.dbapi_connection
        inserted = iter(raw.run_async(lambda driver: self._insert(driver, rows)))
        outcomes = [next(inserted) if is_here else Behind() for is_here in here]
        ended = [
            entry
            for entry, outcome in zip(entries, outcomes, strict=True)
            if outcome is None and entry.event.outcome is not None
        ]
        endings.finish(connection, ended, ratings)
        return outcomes


def _reason(error: BaseException | None) -> str:
    if isinstance(error, TimeoutError):
        return _SILENT
    return str(getattr(error, "orig", None) or error) or type(error).__name__


def run(
    url: URL, dialect: Dialect, function: Callable[[Connection], T], *, write: bool = True
) -> T:
    """Run a function in a transaction outside of a node: for commands. Raises Unavailable.

    Not from within an event loop. With `write` no other command runs meanwhile; without it all
    that is read is of one moment.
    """

    async def once() -> T:
        isolation: Isolation = "READ COMMITTED" if write else "REPEATABLE READ"
        engine = open_engine(url, dialect, isolation, None, {})
        try:
            async with engine.begin() as connection:
                if write and not await _lock_schema(connection, dialect):
                    raise Unavailable("another command has been changing the tables for a minute")
                return await connection.run_sync(function)
        except dialect.failures as error:
            raise Unavailable(_reason(error)) from error
        finally:
            await engine.dispose()

    return asyncio.run(once())


async def _lock_schema(connection: AsyncConnection, dialect: Dialect) -> bool:
    return bool((await connection.exec_driver_sql(dialect.lock_schema)).scalar())
