"""Writing a backup: the rows of one moment, in pages, to a stream of bytes.

What the lines look like is in `format.py`, where the bytes go in `file.py`.
"""

import gzip
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.engine import URL

from uttt import __version__
from uttt.storage import schema
from uttt.storage.backups import format as layout
from uttt.storage.backups.format import Footer, Header, Section

Report = Callable[[int, int], None]
"""Told again and again how many rows are done, and how many there are."""

_PAGE: Final = 5000
_LEVEL: Final = 3
"""Of gzip: higher ones take several times as long for a few percent."""


class NotWritten(Exception):
    """The stream took no more bytes, as when a disk is full. The text says why."""


def write(url: URL, stream: BinaryIO, report: Report) -> Header:
    """Write a backup of a database whose tables are of this or an older version.

    All of it is of one moment, and servers go on meanwhile. Raises SchemaMismatch, Unavailable or
    NotWritten.
    """

    def read(connection: Connection) -> Header:
        with gzip.GzipFile("", "wb", _LEVEL, _Stream(stream)) as packed:
            return _write(connection, packed, report)

    return schema.run(url, read, write=False, older=True)


class _Stream:
    """Lets no failure of the file be taken for one of the database."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
        except OSError as error:
            raise NotWritten(error.strerror or str(error)) from error

    def flush(self) -> None:
        """Not needed: whoever opened the stream does it."""


def _write(connection: Connection, packed: gzip.GzipFile, report: Report) -> Header:
    tables = layout.tables_at(schema.revision(connection) or "")
    header = _header(connection, tables)
    digest = hashlib.sha256()

    def put(lines: bytes) -> None:
        digest.update(lines)
        packed.write(lines)

    put(layout.encode(header))
    written: dict[str, int] = {}
    done = 0
    for table in tables:
        put(layout.encode(Section(str(table.name))))
        before = done
        for page in _pages(connection, table):
            put(layout.encode_rows(page))
            done += len(page)
            report(done, header.rows)
        written[str(table.name)] = done - before
    put(layout.encode(Footer(written, digest.hexdigest())))
    return header


def _header(connection: Connection, tables: Sequence[Table]) -> Header:
    return Header(
        format=layout.FORMAT,
        version=layout.VERSION,
        schema=schema.revision(connection) or "",
        program=__version__,
        made_at=time.time_ns() // 1_000_000,
        tables=tuple(
            layout.describe(table, connection.scalar(_count(table)) or 0) for table in tables
        ),
    )


def _count(table: Table) -> Select[int]:
    return select(func.count()).select_from(table)


def _pages(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Yield all rows in the order of the primary key, however many there are."""
    keys = list(table.primary_key.columns)
    query = select(table).order_by(*keys).limit(_PAGE)
    page = connection.execute(query).all()
    while page:
        yield page
        last = [getattr(page[-1], key.name) for key in keys]
        page = connection.execute(query.where(_after(keys, last))).all()


def _after(keys: Sequence[Column[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition of a key greater than these values.

    Its beginning is one comparison of the first column, since no database but PostgreSQL finds its
    way in an index by a comparison of rows, and PostgreSQL does not by one of alternatives.
    """
    first, value = keys[0], values[0]
    greater: ColumnElement[bool] = first > value
    if len(keys) == 1:
        return greater
    return and_(first >= value, or_(greater, _after(keys[1:], values[1:])))
