"""Reads the tables of the old server, on MariaDB or MySQL, as they are at one moment.

The session is read-only from its first statement on: the server itself would refuse a write. Rows
come as they are; what is wrong with them is for others to see. Nothing here knows our tables.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    TableClause,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncResult

T = TypeVar("T")
Rows = Sequence[Row[*tuple[Any, ...]]]

_PAGE: Final = 1000
_CONNECT_TIMEOUT: Final = 10
_READ_ONLY = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# the server must not lose its patience while we write; the comment is for MariaDB alone
_PATIENT = (
    "SET SESSION wait_timeout = 28800, SESSION net_write_timeout = 3600 "
    "/*M! , SESSION max_statement_time = 0 */"
)
_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


def _table(name: str, *columns: str) -> TableClause:
    return table(name, *(column(c) for c in columns))


users = _table("users", "name", "pw_hash", "pw_salt", "last_seen", "elo")
sessions = _table("sessions", "id", "registered_user", "temp_user", "last_seen")
friends = _table("friends", "user", "friend")
matches = _table(
    "matches", "id", "user_a", "user_b", "match_state", "active_user", "last_active", "ranked"
)
_TABLES = (users, sessions, friends, matches)


class SourceFailed(Exception):
    """The old server's database cannot be read, or is none."""


class Page(NamedTuple):
    """Some users in the order of their names: those after `after`, up to `last` (None: all)."""

    users: Rows
    after: str | None
    last: str | None

    def holds(self, name: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Return conditions that are true for the names of this page, and of no other page."""
        bounds = [] if self.after is None else [name > self.after]
        return bounds if self.last is None else [*bounds, name <= self.last]


class Source:
    """The old server's tables. All methods may raise SourceFailed.

    It has a thread with an event loop of its own, so it can be used from anywhere, also from
    within a transaction of ours, which may have a loop or none.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1, "uttt-classic")
        self._runner = asyncio.Runner()
        self._engine: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None

    def count(self, of: TableClause) -> int:
        """Return how many rows a table has."""
        (row,) = self.rows(select(func.count()).select_from(of))
        return int(row[0])

    def users(self, *, names_only: bool = False) -> Iterator[Page]:
        """Return all users in pages. The last page has no upper bound and may be empty."""
        query = select(users.c.name) if names_only else select(users)
        after: str | None = None
        while True:
            page = query.order_by(users.c.name).limit(_PAGE)
            rows = self.rows(page if after is None else page.where(users.c.name > after))
            last = rows[-1].name if len(rows) == _PAGE else None
            yield Page(rows, after, last)
            if last is None:
                return
            after = last

    def sessions_of(self, page: Page) -> Rows:
        """Return the sessions that name an account of this page, or one that would stand there."""
        query = select(sessions).where(sessions.c.registered_user.is_not(None))
        return self.rows(query.where(*page.holds(sessions.c.registered_user)))

    def friends_of(self, page: Page) -> Rows:
        """Return the friends of the users of this page, or of those who would stand there."""
        return self.rows(select(friends).where(*page.holds(friends.c.user)))

    def other_sessions(self) -> Iterator[Rows]:
        """Return the sessions that name no account: the newest first."""
        query = select(sessions).where(sessions.c.registered_user.is_(None))
        return self._stream(query.order_by(sessions.c.last_seen.desc(), sessions.c.id))

    def matches(self) -> Iterator[Rows]:
        """Return all matches: those with the newest activity first."""
        return self._stream(select(matches).order_by(matches.c.last_active.desc(), matches.c.id))

    def rows(self, query: Select[Any]) -> Rows:
        """Return all rows of a query."""

        async def fetch() -> Rows:
            result = await self._connected.execute(query)
            return list(result.all())

        return self._wait(fetch())

    def _stream(self, query: Select[Any]) -> Iterator[Rows]:
        """Return the rows of a query in pieces; nothing else can be read meanwhile."""

        async def start() -> "AsyncResult[*tuple[Any, ...]]":
            return await self._connected.stream(query)

        result = self._wait(start())
        try:
            while rows := self._wait(result.fetchmany(_PAGE)):
                yield rows
        finally:
            self._wait(result.close())

    @property
    def _connected(self) -> "AsyncConnection":
        assert self._connection is not None  # noqa: S101 - only `opened` makes sources
        return self._connection

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return self._thread.submit(self._runner.run, coroutine).result()
        except (SQLAlchemyError, OSError) as error:
            raise SourceFailed(str(getattr(error, "orig", None) or error)) from error

    def open(self) -> None:
        """Connect, begin the transaction and see whether the tables are there."""
        self._wait(self._connect())
        self._check_tables()

    async def _connect(self) -> None:
        arguments = {
            "connect_timeout": _CONNECT_TIMEOUT,
            "charset": "utf8mb4",
            "init_command": _READ_ONLY,
        }
        url = self._url.set(drivername="mysql+asyncmy")
        try:
            from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - an extra

            self._engine = create_async_engine(
                url, poolclass=NullPool, hide_parameters=True, connect_args=arguments
            )
        except ImportError as missing:
            raise SourceFailed("its driver is missing: pip install 'uttt[mariadb]'") from missing
        self._connection = await self._engine.connect()
        await self._connection.exec_driver_sql(_PATIENT)
        await self._connection.exec_driver_sql(_SNAPSHOT)

    def _check_tables(self) -> None:
        columns = table(
            "columns", column("table_schema"), column("table_name"), column("column_name"),
            schema="information_schema",
        )  # fmt: skip
        found: dict[str, set[str]] = {}
        query = select(columns.c.table_name, columns.c.column_name)
        for name, of_it in self.rows(
            query.where(
                columns.c.table_schema == literal_column("DATABASE()"),
                columns.c.table_name.in_([known.name for known in _TABLES]),
            )
        ):
            found.setdefault(name, set()).add(of_it)
        for known in _TABLES:
            if known.name not in found:
                raise SourceFailed(f"there is no table {known.name}")
            missing = [c.name for c in known.columns if c.name not in found[known.name]]
            if missing:
                raise SourceFailed(f"the table {known.name} has no column {missing[0]}")

    def close(self) -> None:
        """Let go of the database."""
        with suppress(SourceFailed):  # it is not there any more, which was said already
            self._wait(self._disconnect())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        if self._engine is not None:
            await self._engine.dispose()


@contextmanager
def opened(url: URL) -> Iterator[Source]:
    """Open the tables of the old server for the block. Raises SourceFailed."""
    source = Source(url)
    try:
        source.open()
        yield source
    finally:
        source.close()
