"""The format of backups: what a file says, and which rows it has. docs/backup-format.md is its
specification, and changes with it.

No statements live here, and no files: `backup.py` writes, `restore.py` reads.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, MetaData, String, Table
from sqlalchemy.types import TypeEngine

from uttt.storage import schema

FORMAT: Final = "uttt-backup"
VERSION: Final = 1
"""Of the format. It grows when a reader of before would not understand a file any more."""
LEFT_OUT: Final = frozenset({"alembic_version", "analyses", "nodes", "rating_counts"})
"""Tables that no backup has: the revision stands in the header, nodes are servers that run, ratings
are counted anew and matches analysed anew."""

Kind = Literal["integer", "text", "boolean", "bytes"]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Long = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]  # MariaDB takes 0 for "number it yourself"


class BadBackup(Exception):
    """The file is not a backup, is damaged, or is one that this program cannot read. The text says
    which.
    """


class TableOfBackup(msgspec.Struct, frozen=True):
    """A table: its columns in the order of the values, and how many rows follow."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: _Count


class Mark(msgspec.Struct, frozen=True):
    """What the first line says in all versions of the format."""

    format: str
    version: Annotated[int, msgspec.Meta(ge=1)]


class Header(msgspec.Struct, frozen=True):
    """The first line. `schema` is the revision of the tables, `made_at` in ms since 1970 UTC."""

    format: str
    version: int
    schema: str
    program: str
    made_at: Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]  # the year 10000
    tables: tuple[TableOfBackup, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables)


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line before the rows of a table."""

    table: str


class Footer(msgspec.Struct, frozen=True):
    """The last line. `sha256` is over all bytes before it, as hexadecimal digits."""

    rows: dict[str, _Count]
    sha256: str


def tables_at(revision: str) -> list[Table]:
    """Return the tables that a backup has at a revision, each after those that it refers to.

    Their types are those that are the same in every database.
    """
    metadata = MetaData()
    return [
        Table(table.name, metadata, *map(_portable, table.columns))
        for table in schema.tables_at(revision).sorted_tables
        if table.name not in LEFT_OUT
    ]


def _portable(column: Column[Any]) -> Column[Any]:
    """Return a column without what only its own database says of it."""
    kind: TypeEngine[Any]
    match column.type:
        case Boolean():
            kind = Boolean()
        case LargeBinary():
            kind = LargeBinary(column.type.length)
        case String():
            kind = String(column.type.length)
        case _:
            kind = BigInteger()
    return Column(column.name, kind, primary_key=column.primary_key, nullable=column.nullable)


def describe(table: Table, rows: int) -> TableOfBackup:
    """Return what the header says of a table of `tables_at`."""
    columns = tuple((str(column.name), _kind(column)) for column in table.columns)
    return TableOfBackup(str(table.name), columns, rows)


def _kind(column: Column[Any]) -> Kind:
    match column.type:
        case Boolean():
            return "boolean"
        case LargeBinary():
            return "bytes"
        case String():
            return "text"
        case _:
            return "integer"


def is_numbered(table: Table) -> bool:
    """Whether the database numbers the rows of a table by itself."""
    return [(key.name, _kind(key)) for key in table.primary_key] == [("id", "integer")]


def encode_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return rows as lines, each with its line break."""
    return _ENCODER.encode_lines([tuple(row) for row in rows])


def row_decoder(table: Table, names: Sequence[str]) -> msgspec.json.Decoder[tuple[Any, ...]]:
    """Return what reads the line of a row whose values come in the order `names`."""
    kinds = tuple(_type(table.columns[name], numbered=is_numbered(table)) for name in names)
    return msgspec.json.Decoder(tuple[kinds])  # type: ignore[valid-type] # made as it is read


def _type(column: Column[Any], *, numbered: bool) -> Any:  # noqa: ANN401 - a type
    kind: Any
    match column.type:
        case Boolean():
            kind = bool
        case LargeBinary(length=length):
            kind = Annotated[bytes, msgspec.Meta(max_length=length)]
        case String(length=length):
            kind = Annotated[str, msgspec.Meta(max_length=length)]
        case _:
            kind = _Id if numbered and column.primary_key else _Long
    return kind | None if column.nullable else kind


def encode(line: Header | Section | Footer) -> bytes:
    """Return a line that is not a row, with its line break."""
    return _ENCODER.encode(line) + b"\n"


_ENCODER = msgspec.json.Encoder()
