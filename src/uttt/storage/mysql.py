"""What MariaDB and MySQL do in their own way. The driver is asyncmy."""

from collections.abc import Sequence
from typing import Any

from asyncmy import errors
from sqlalchemy import Connection

from uttt.storage.server import Dialect, Driver, Key, Row

# `IGNORE` leaves out what is there already, and what belongs to a match that is gone
_INSERT_MOVES = "INSERT IGNORE INTO moves (match_id, ply, move, at) VALUES "
_CONFLICTS = {1205, 1213, 1020}  # lock wait timeout, deadlock, changed since it was read
_LOCK_TIMEOUT = 1  # s, the least that can be set


def _connect_args(connect: float, statement: float | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {"connect_timeout": connect, "charset": "utf8mb4"}
    if statement is not None:
        # in a comment that only MariaDB reads: MySQL has no limit for statements that write
        arguments["init_command"] = (
            f"SET SESSION innodb_lock_wait_timeout={_LOCK_TIMEOUT}, "
            f"SESSION lock_wait_timeout={_LOCK_TIMEOUT} "
            f"/*M! , SESSION max_statement_time={statement} */"
        )
    return arguments


async def _insert_moves(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    if not rows:
        return set()
    if "MariaDB" not in driver.get_server_info():
        return await insert_one_by_one(driver, rows)
    async with driver.cursor() as cursor:
        # four ints a row, whose text is the same in Python and in SQL
        values = ",".join(map(str, rows))
        await cursor.execute(f"{_INSERT_MOVES}{values} RETURNING match_id, ply")
        return set(await cursor.fetchall())


async def insert_one_by_one(driver: Driver, rows: Sequence[Row]) -> set[Key]:
    """Insert as MySQL needs it, which cannot say which of several rows it has inserted."""
    inserted = set()
    async with driver.cursor() as cursor:
        for match_id, ply, move, at in rows:
            if await cursor.execute(f"{_INSERT_MOVES}({match_id}, {ply}, {move}, {at})"):
                inserted.add((match_id, ply))
    return inserted


def _is_conflict(error: BaseException) -> bool:
    error = getattr(error, "orig", None) or error
    return bool(error.args) and error.args[0] in _CONFLICTS


def _renumber(_connection: Connection, _table: str) -> None:
    """InnoDB does so by itself."""


def _cut(driver: Driver) -> None:
    driver.close()


DIALECT = Dialect(
    name="mysql+asyncmy",
    connect_args=_connect_args,
    insert_moves=_insert_moves,
    is_open=lambda driver: bool(driver.connected),
    cut=_cut,
    is_conflict=_is_conflict,
    lock_schema="SELECT GET_LOCK(CONCAT('uttt ', MD5(DATABASE())), 60)",
    renumber=_renumber,
    errors=(errors.MySQLError,),
)
