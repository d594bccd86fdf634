"""What MariaDB and MySQL do in their own way. The driver is asyncmy."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import asyncmy
from asyncmy import errors
from asyncmy.constants.CR import CR_CONN_HOST_ERROR, CR_SERVER_LOST
from sqlalchemy import AdaptedConnection, Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from uttt.storage.connections import (
    IDLE_TIMEOUT,
    KEPT_STATEMENTS,
    Dialect,
    Driver,
    Isolation,
    Key,
    Row,
)

T = TypeVar("T")
_BEGUN_BY_STATEMENTS: Final = ("READ COMMITTED",)
"""Where the first statement begins a transaction: where all is written in one. Most reads are one
statement, which needs none.
"""
_INSERT_ALL_MOVES = "INSERT INTO moves (match_id, ply, move, at) VALUES "
# `IGNORE` leaves out what is there already, and what belongs to a match that is gone
_INSERT_MOVES = "INSERT IGNORE INTO moves (match_id, ply, move, at) VALUES "
_CONFLICTS = {1213, 1020}  # deadlock, changed since it was read
_LOCKED = {1205, 3572}  # for too long, and MySQL: now, where NOWAIT was asked for
_LOCK_TIMEOUT = 1  # s, the least that can be set


def _connect_args(connect: float, statement: float | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "async_creator_fn": _connect,
        "connect_timeout": connect,
        "charset": "utf8mb4",
        "stmt_cache_size": KEPT_STATEMENTS,
    }
    if statement is not None:
        # in a comment that only MariaDB reads: MySQL has no limit for statements that write
        arguments["init_command"] = (
            f"SET SESSION innodb_lock_wait_timeout={_LOCK_TIMEOUT}, "
            f"SESSION lock_wait_timeout={_LOCK_TIMEOUT} "
            f"/*M! , SESSION max_statement_time={statement}, "
            f"SESSION idle_transaction_timeout={IDLE_TIMEOUT} */"
        )
    return arguments


def _settle(isolation: Isolation) -> Sequence[str]:
    statements = [f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"]
    if isolation in _BEGUN_BY_STATEMENTS:
        statements.append("SET SESSION autocommit = 0")
    return statements


async def _connect(**arguments: Any) -> Driver:  # noqa: ANN401 - those of asyncmy
    try:
        async with asyncio.timeout(arguments["connect_timeout"]):  # asyncmy stops at TCP
            return await asyncmy.connect(**arguments)
    except RuntimeError as error:  # uvloop's, if the connection is gone before it is set up
        raise errors.OperationalError(CR_CONN_HOST_ERROR, str(error)) from error


class _Statements:
    """Prepared statements on asyncmy, which keeps them on the server."""

    def __init__(self, connection: AdaptedConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        async def rows(driver: Driver) -> Sequence[Any]:
            found: Sequence[Any] = await (await _execute(driver, sql, values)).fetchall()
            return found

        return self._wait_for(rows)

    def run(self, sql: str, values: Sequence[Any]) -> int:
        async def run(driver: Driver) -> int:
            written: int = (await _execute(driver, sql, values)).rowcount
            return written

        return self._wait_for(run)

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        async def insert(driver: Driver) -> int:
            number: int = (await _execute(driver, sql, values)).lastrowid
            return number

        return self._wait_for(insert)

    def run_each(self, sql: str, each: Sequence[Sequence[Any]]) -> None:
        self._wait_for(lambda driver: driver.cursor().executemany(sql, each))

    def _wait_for(self, answer: Callable[[Driver], Awaitable[T]]) -> T:
        try:
            with _stumbles():
                return self._connection.run_async(answer)
        except errors.IntegrityError as error:
            raise IntegrityError(None, None, error) from error
        except (OSError, errors.MySQLError) as error:
            raise DBAPIError(None, None, error) from error


async def _execute(driver: Driver, sql: str, values: Sequence[Any]) -> Any:  # noqa: ANN401
    cursor = driver.cursor()
    if values:
        await cursor.execute(sql, values)
    else:  # which need not be a statement that can be prepared
        await cursor.execute(sql % ())
    return cursor


async def _insert_all_moves(driver: Driver, rows: Sequence[Row]) -> bool:
    try:
        await _run(driver, f"{_INSERT_ALL_MOVES}{_as_text(rows)}")
    except errors.IntegrityError:
        return False
    return True


async def _insert_moves(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    if not rows:
        return set()
    insert = _insert_all if "MariaDB" in driver.get_server_info() else insert_one_by_one
    with _stumbles():
        return await insert(driver, rows)


async def _run(driver: Driver, statement: str) -> None:
    with _stumbles():
        await driver.query(statement)


@contextmanager
def _stumbles() -> Iterator[None]:
    """Have what asyncmy stumbles over when it is cut be an error of its own."""
    try:
        yield
    except (AttributeError, RuntimeError) as error:
        raise errors.OperationalError(CR_SERVER_LOST, str(error)) from error


async def _insert_all(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    async with driver.cursor() as cursor:
        await cursor.execute(f"{_INSERT_MOVES}{_as_text(rows)} RETURNING match_id, ply")
        return set(await cursor.fetchall())


def _as_text(rows: Sequence[Row]) -> str:
    return ",".join(map(str, rows))  # four ints a row: their text is the same in Python and in SQL


async def insert_one_by_one(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    """Insert as MySQL needs it, which cannot say which of several rows it has inserted."""
    inserted = set()
    async with driver.cursor() as cursor:
        for match_id, ply, move, at in rows:
            if await cursor.execute(f"{_INSERT_MOVES}({match_id}, {ply}, {move}, {at})"):
                inserted.add((match_id, ply))
    return inserted


def _number(error: BaseException) -> object:
    error = getattr(error, "orig", None) or error
    return error.args[0] if error.args else None


def _renumber(_connection: Connection, _table: str) -> None:
    """InnoDB does so by itself."""


def _cut(driver: Driver) -> None:
    driver.close()


DIALECT = Dialect(
    name="mysql+asyncmy",
    connect_args=_connect_args,
    statements=_Statements,
    insert_all_moves=_insert_all_moves,
    insert_moves=_insert_moves,
    run=_run,
    settle=_settle,
    begin=lambda isolation: "" if isolation in _BEGUN_BY_STATEMENTS else "BEGIN",
    passes_ends_on=True,
    transport=lambda driver: driver._transport,  # noqa: SLF001 - there is no other way to it
    cut=_cut,
    is_conflict=lambda error: _number(error) in _CONFLICTS,
    is_outdated=lambda _error: False,  # the server prepares it anew by itself
    is_lock_timeout=lambda error: _number(error) in _LOCKED,
    lock_schema="SELECT GET_LOCK(CONCAT('uttt ', MD5(DATABASE())), 60)",
    renumber=_renumber,
    errors=(errors.MySQLError,),
)
