"""Reading the lines of a backup: each is checked for its place and its types, and all of them by
their digest. No database here.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, TypeVar

import msgspec
from sqlalchemy import Table

from uttt.storage.backups import format as layout
from uttt.storage.backups.format import BadBackup, Footer, Header, Mark, Section, TableOfBackup
from uttt.storage.schema import SchemaMismatch

T = TypeVar("T")
Values = tuple[Any, ...]

_BATCH: Final = 5000
_LINE_LIMIT: Final = 1024 * 1024
"""Bytes. No line of ours comes near; a file of somebody else must not fill the memory."""
_BUFFER: Final = 1024 * 1024
_NO_SUCH_VALUE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding a line can raise."""


class BackupReader:
    """A backup that is read from its beginning to its end, once.

    `tables` are those of its revision in the order of the file, `line` is how many lines were read.
    All methods raise BadBackup.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.line = 0
        self._digest = hashlib.sha256()
        packed = gzip.GzipFile(fileobj=stream, mode="rb")
        self._lines = io.BufferedReader(packed, _BUFFER)
        self.header = self._read_header()
        self.tables = _tables(self.header)

    def batches(self) -> Iterator[tuple[Table, list[Values]]]:
        """Yield the rows in parts, values in the order of the columns of the table.

        Only after the last one is known that counts and digest are right.
        """
        with self._readable():
            for table, described in zip(self.tables, self.header.tables, strict=True):
                if self._decode(Section).table != table.name:
                    raise self._bad(f"here the rows of {table.name} are to begin")
                yield from ((table, rows) for rows in self._rows(table, described))
            digest = self._digest.hexdigest()
            footer = self._decode(Footer)
            if footer.sha256 != digest:
                raise BadBackup("the digest in the last line is not that of the lines before it")
            if footer.rows != {table.name: table.rows for table in self.header.tables}:
                raise BadBackup("the last line counts other rows than the first")
            if self._lines.read(1):
                raise BadBackup("there is more after the last line")

    def _rows(self, table: Table, described: TableOfBackup) -> Iterator[list[Values]]:
        names = [name for name, _ in described.columns]
        places = [names.index(column.name) for column in table.columns]
        decode = layout.row_decoder(table, names).decode
        for start in range(0, described.rows, _BATCH):
            lines = (self._next() for _ in range(start, min(start + _BATCH, described.rows)))
            try:
                rows = [decode(line) for line in lines]
            except _NO_SUCH_VALUE as error:
                raise self._bad(f"not a row of {table.name}: {error}") from error
            if places != sorted(places):
                rows = [tuple(row[place] for place in places) for row in rows]
            yield rows

    def _read_header(self) -> Header:
        with self._readable():
            line = self._next()
        try:
            mark = msgspec.json.decode(line, type=Mark)
        except _NO_SUCH_VALUE:
            raise BadBackup("this is not a backup of uttt") from None
        if mark.format != layout.FORMAT:
            raise BadBackup("this is not a backup of uttt")
        if mark.version > layout.VERSION:
            raise BadBackup("the backup is of a newer format: install the newer program")
        try:
            return msgspec.json.decode(line, type=Header)
        except _NO_SUCH_VALUE as error:
            raise self._bad(str(error)) from error

    def _decode(self, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self._next(), type=kind)
        except _NO_SUCH_VALUE as error:
            raise self._bad(str(error)) from error

    def _next(self) -> bytes:
        line = self._lines.readline(_LINE_LIMIT)
        self.line += 1
        if line[-1:] != b"\n":
            raise self._bad("it is too long" if len(line) == _LINE_LIMIT else "the file ends here")
        self._digest.update(line)
        return line

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn what reading the file can raise into BadBackup."""
        try:
            yield
        except gzip.BadGzipFile as error:
            if not self.line:
                raise BadBackup("this is not a backup of uttt") from error
            raise BadBackup(f"the file is damaged after line {self.line}: {error}") from error
        except zlib.error as error:
            raise BadBackup(f"the file is damaged after line {self.line}: {error}") from error
        except EOFError as error:
            raise BadBackup(f"the file is cut off after line {self.line}") from error
        except OSError as error:
            raise BadBackup(f"the file cannot be read: {error.strerror or error}") from error

    def _bad(self, what: str) -> BadBackup:
        return BadBackup(f"line {self.line}: {what}")


def _tables(header: Header) -> list[Table]:
    """Return the tables in the order of the file, which must be those of its revision."""
    try:
        known = {table.name: table for table in layout.tables_at(header.schema)}
    except SchemaMismatch:
        message = f"the backup is of newer tables ({header.schema}): install the newer program"
        raise BadBackup(message) from None
    names = [table.name for table in header.tables]
    if sorted(names) != sorted(known):
        raise BadBackup(f"it does not have the tables of version {header.schema}")
    for described in header.tables:
        expected = layout.describe(known[described.name], described.rows)
        if sorted(described.columns) != sorted(expected.columns):
            message = f"{described.name} does not have the columns of version {header.schema}"
            raise BadBackup(message)
    return [known[name] for name in names]
