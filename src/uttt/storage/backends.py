"""Which database a URL means, and how to open it: for a node, or for one transaction of a command.

Drivers of database servers, and what SQLAlchemy needs for them, are extras of the package, so the
modules that use them are imported only here and only when a URL asks for them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from uttt.storage import sqlite
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable
from uttt.storage.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from uttt.storage.connections import Dialect

T = TypeVar("T")


def open_database(url: URL) -> Database:
    """Open a database for a node. Raises Unavailable if its driver is not installed."""
    dialect = _dialect(url)
    if dialect is None:
        return SqliteDatabase(url)
    from uttt.storage.server import ServerDatabase  # noqa: PLC0415 - an extra

    return ServerDatabase(url, dialect)


def exists(url: URL) -> bool:
    """Whether there is a database to connect to; one on a server is taken to be there."""
    return _dialect(url) is not None or sqlite.exists(url)


def create(url: URL) -> None:
    """Make a place for the tables, where that is ours to do. Raises Unavailable."""
    if _dialect(url) is None:
        sqlite.create(url)


def run(url: URL, function: Callable[[Connection], T], *, write: bool = True) -> T:
    """Run a function in a transaction outside of a node: for commands. Raises Unavailable.

    With `write` no other command of ours runs meanwhile; without it all that is read is of one
    moment. Not from within an event loop.
    """
    dialect = _dialect(url)
    if dialect is None:
        return sqlite.run(url, function, write=write)
    from uttt.storage import server  # noqa: PLC0415 - an extra

    return server.run(url, dialect, function, write=write)


def is_open_elsewhere(url: URL) -> bool | None:
    """Whether a program has the database open; None where the tables must tell (see `nodes`)."""
    return sqlite.is_open_elsewhere(url) if _dialect(url) is None else None


def renumber(url: URL, connection: Connection, table: str) -> None:
    """Have a table number its next row after the greatest id, once rows came with their ids."""
    dialect = _dialect(url)
    if dialect is not None:
        dialect.renumber(connection, table)


def _dialect(url: URL) -> "Dialect | None":
    """Return how to speak to the server of this URL; None if it is a file."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        return None
    try:
        if backend == "postgresql":
            from uttt.storage import postgresql  # noqa: PLC0415 - an extra

            return postgresql.DIALECT
        from uttt.storage import mysql  # noqa: PLC0415 - an extra

        return mysql.DIALECT  # noqa: TRY300 - no exception comes from it
    except ImportError as missing:  # SQLAlchemy raises the general one if greenlet is not there
        extra = "postgresql" if backend == "postgresql" else "mariadb"
        message = f"what it takes is not installed: pip install 'uttt[{extra}]'"
        raise Unavailable(message) from missing
