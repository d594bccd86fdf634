"""Reading a backup and filling a database with it: all of it, or nothing.

What the lines look like is in `format.py`. Nothing of a file is believed: it may be cut off,
damaged, or made by somebody else.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Table, exists, insert, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from uttt.storage import backends, schema, standings
from uttt.storage.backups import format as layout
from uttt.storage.backups.format import BadBackup, Header
from uttt.storage.backups.reading import BackupReader, Values
from uttt.storage.backups.writing import Report
from uttt.storage.schema import State


class CannotRestore(Exception):
    """The database is not one to restore into. The text says why."""


def restore(url: URL, stream: BinaryIO, report: Report) -> Header:
    """Fill a database that has no tables, or no rows in them, and upgrade it to this version.

    All or nothing. Only MariaDB and MySQL keep empty tables after a failure, since they commit each
    change of a table by itself; restoring is then simply repeated. Raises BadBackup, CannotRestore
    or Unavailable.
    """
    reader = BackupReader(stream)
    backends.create(url)
    is_open = backends.is_open_elsewhere(url)

    def change(connection: Connection) -> None:
        if is_open:
            raise CannotRestore("a program has the database open: stop it first")
        version = reader.header.schema
        _make_room(connection, version)
        _fill(connection, reader, report)
        if "rating_counts" in schema.tables_at(version).tables:
            standings.recount(connection)
        for table in filter(layout.is_numbered, reader.tables):
            backends.renumber(url, connection, table.name)
        _refuse_while_nodes_serve(connection)  # one may have come since
        if version != schema.head():
            schema.to_head(connection)

    backends.run(url, change)
    return reader.header


def verify(stream: BinaryIO, report: Report) -> Header:
    """Restore into a SQLite database that is then thrown away, in the directory for such files.

    Raises BadBackup or Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="uttt-verify-") as directory:
        url = URL.create("sqlite", database=str(Path(directory) / "verify.db"))
        return restore(url, stream, report)


def _make_room(connection: Connection, version: str) -> None:
    """See to it that there are tables of this version, without rows."""
    found = schema.state(connection)
    match found:
        case State.FOREIGN:
            raise CannotRestore("the database holds tables, but not those of this program")
        case State.NEWER:
            raise CannotRestore("the tables are of a newer version than this program")
        case State.EMPTY:
            schema.create(connection, version)
        case State.CURRENT | State.OLDER:
            _refuse_while_nodes_serve(connection)
            _refuse_rows(connection)
            if schema.revision(connection) != version:
                schema.create(connection, version)


def _refuse_rows(connection: Connection) -> None:
    for table in layout.tables_at(schema.revision(connection) or ""):
        if connection.scalar(select(exists(select(1).select_from(table)))):
            raise CannotRestore(
                f"the database is not empty, there are rows in its table {table.name}"
            )


def _refuse_while_nodes_serve(connection: Connection) -> None:
    serving = schema.serving(connection)
    if serving:
        names = ", ".join(node.address for node in serving)
        raise CannotRestore(
            f"servers run on the database: {names}. Stop them first; one that was killed counts "
            "as running for a minute"
        )


def _fill(connection: Connection, reader: BackupReader, report: Report) -> None:
    done = 0
    for table, rows in reader.batches():
        _insert(connection, table, rows, reader.line)
        done += len(rows)
        report(done, reader.header.rows)


def _insert(connection: Connection, table: Table, rows: Sequence[Values], line: int) -> None:
    # all columns in their order; past SQLAlchemy, which takes longer than the database
    statement = str(insert(table).compile(dialect=connection.dialect))
    try:
        connection.exec_driver_sql(statement, list(rows))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        reason = str(error.orig).splitlines()[0]
        message = f"the database refused rows of {table.name} up to line {line}: {reason}"
        raise BadBackup(message) from error
