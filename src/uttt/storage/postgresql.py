"""What PostgreSQL does in its own way. The driver is asyncpg."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import AdaptedConnection, Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from uttt.storage.connections import (
    GOODBYE_TIMEOUT,
    IDLE_TIMEOUT,
    KEPT_STATEMENTS,
    Dialect,
    Driver,
    Key,
    Row,
)

# the rows as one text: to encode four arrays takes this process several times as long
_INSERT_ALL_MOVES = """
    INSERT INTO moves (match_id, ply, move, at)
    SELECT (item->>0)::bigint, (item->>1)::smallint, (item->>2)::smallint, (item->>3)::bigint
    FROM json_array_elements($1::json) AS item
"""
_INSERT_MOVES = f"{_INSERT_ALL_MOVES} ON CONFLICT DO NOTHING RETURNING match_id, ply"
_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_CONFLICTS = {"40001", "40P01"}  # serialization, deadlock
_LOCK_NOT_AVAILABLE = "55P03"
_LOCK_TIMEOUT = 1100  # ms: more than the second after which PostgreSQL looks for deadlocks
_LOCK_TIMEOUT_OF_COMMANDS: Final = 60_000  # ms


class _Connection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    """Waits for the server no longer than it is worth when it is closed; else for two seconds while
    somebody waits, or for ever.
    """

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's
        await super().close(timeout=min(timeout or GOODBYE_TIMEOUT, GOODBYE_TIMEOUT))


def _connect_args(connect: float, statement: float | None) -> dict[str, Any]:
    settings = {"application_name": "uttt", "lock_timeout": str(_LOCK_TIMEOUT_OF_COMMANDS)}
    if statement is not None:
        settings["statement_timeout"] = str(round(statement * 1000))
        settings["lock_timeout"] = str(_LOCK_TIMEOUT)
        settings["idle_in_transaction_session_timeout"] = str(IDLE_TIMEOUT * 1000)
    return {
        "timeout": connect,
        "statement_cache_size": KEPT_STATEMENTS,
        "server_settings": settings,
        "connection_class": _Connection,
    }


class _Statements:
    """Prepared statements on asyncpg, which keeps them on the server."""

    def __init__(self, connection: AdaptedConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        found: Sequence[Any] = self._wait_for(lambda driver: driver.fetch(sql, *values))
        return found

    def run(self, sql: str, values: Sequence[Any]) -> int:
        status = self._wait_for(lambda driver: driver.execute(sql, *values))
        written = status.rpartition(" ")[2]  # as in INSERT 0 1
        return int(written) if written.isdecimal() else 0

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        number: int = self._wait_for(lambda driver: driver.fetchval(sql, *values))  # RETURNING id
        return number

    def run_each(self, sql: str, each: Sequence[Sequence[Any]]) -> None:
        self._wait_for(lambda driver: driver.executemany(sql, each))

    def _wait_for(self, answer: Callable[[Driver], Awaitable[Any]]) -> Any:  # noqa: ANN401
        try:
            return self._connection.run_async(answer)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise IntegrityError(None, None, error) from error
        except (OSError, *_ERRORS) as error:
            raise DBAPIError(None, None, error) from error


async def _insert_all_moves(driver: Driver, rows: Sequence[Row]) -> bool:
    try:
        await driver.execute(_INSERT_ALL_MOVES, _as_text(rows))
    except asyncpg.IntegrityConstraintViolationError:
        return False
    return True


async def _insert_moves(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    try:
        inserted = await driver.fetch(_INSERT_MOVES, _as_text(rows)) if rows else ()
    except asyncpg.ForeignKeyViolationError:
        if driver.is_in_transaction():
            raise  # cannot be: who has a transaction has locked the matches
        return await _insert_where_possible(driver, rows)
    return {(match_id, ply) for match_id, ply in inserted}


def _as_text(rows: Sequence[Row]) -> str:
    return msgspec.json.encode(rows).decode()


async def _insert_where_possible(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    """Insert one by one, for when a match was deleted meanwhile: it must not cost the others."""
    inserted: set[Key] = set()
    for row in rows:
        try:
            found = await driver.fetch(_INSERT_MOVES, _as_text([row]))
        except asyncpg.ForeignKeyViolationError:
            continue
        inserted.update((match_id, ply) for match_id, ply in found)
    return inserted


def _of_asyncpg(error: BaseException) -> BaseException:
    return getattr(error, "orig", None) or error


def _sqlstate(error: BaseException) -> str | None:
    return getattr(_of_asyncpg(error), "sqlstate", None)


def _renumber(connection: Connection, table: str) -> None:
    sequence = f"pg_get_serial_sequence('{table}', 'id')"
    connection.execute(text(f"SELECT setval({sequence}, max(id)) FROM {table}"))  # noqa: S608 - a table of ours


DIALECT = Dialect(
    name="postgresql+asyncpg",
    connect_args=_connect_args,
    statements=_Statements,
    insert_all_moves=_insert_all_moves,
    insert_moves=_insert_moves,
    run=lambda driver, sql: driver.execute(sql),
    settle=lambda isolation: [
        f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {isolation}"
    ],
    begin=lambda _isolation: "BEGIN",
    passes_ends_on=False,
    transport=lambda driver: driver._transport,  # noqa: SLF001 - there is no other way to it
    cut=lambda driver: driver.terminate(),
    is_conflict=lambda error: _sqlstate(error) in _CONFLICTS,
    is_outdated=lambda error: isinstance(_of_asyncpg(error), asyncpg.InvalidCachedStatementError),
    is_lock_timeout=lambda error: _sqlstate(error) == _LOCK_NOT_AVAILABLE,
    # any number will do, as long as it is the same in all versions
    lock_schema="SELECT 1 FROM pg_advisory_xact_lock(7854881352)",
    renumber=_renumber,
    errors=_ERRORS,
)
