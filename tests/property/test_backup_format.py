"""Every value comes back as it was, and no damage to a file goes unnoticed."""

import contextlib
import gzip
import io
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, MetaData, String, Table
from sqlalchemy.engine import make_url

import samples
from uttt.storage import schema
from uttt.storage.backups import writing as backup
from uttt.storage.backups.format import BadBackup, encode_rows, row_decoder
from uttt.storage.backups.reading import BackupReader

TABLE = Table(
    "things",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("number", BigInteger, nullable=True),
    Column("text", String(20), nullable=True),
    Column("switch", Boolean, nullable=True),
    Column("bytes", LargeBinary(20), nullable=True),
)
NAMES = [column.name for column in TABLE.columns]
ROWS = st.tuples(
    st.integers(1, 2**63 - 1),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.none() | st.booleans(),
    st.none() | st.binary(max_size=20),
)


@given(st.lists(ROWS, max_size=5))
def test_values_come_back(rows: list[tuple[Any, ...]]) -> None:
    lines = encode_rows(rows).splitlines(keepends=True)
    assert len(lines) == len(rows), "a row is a line, whatever is in its texts"
    decoder = row_decoder(TABLE, NAMES)
    for row, line in zip(rows, lines, strict=True):
        found = decoder.decode(line)
        assert found == row
        assert [type(value) for value in found] == [type(value) for value in row]
        assert [value for value in json.loads(line) if type(value) is not str] == [
            value for value in row if type(value) not in (str, bytes)
        ], "any reader of JSON sees the same"


@cache
def sound() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        url = make_url(f"sqlite:///{Path(directory) / 'uttt.db'}")
        samples.create(url, schema.head())
        stream = io.BytesIO()
        backup.write(url, stream, lambda _done, _total: None)
        return stream.getvalue()


@cache
def content() -> list[Any]:
    return read(sound())


def read(packed: bytes) -> list[Any]:
    reader = BackupReader(io.BytesIO(packed))
    return [reader.header, [rows for _, rows in reader.batches()]]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_changed_byte_is_noticed_or_changes_nothing(data: st.DataObject) -> None:
    """Some bytes of gzip's own header mean nothing to anybody, such as its time."""
    packed = bytearray(sound())
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BadBackup):
        assert read(bytes(packed)) == content()


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_changed_byte_of_the_lines_is_noticed(data: st.DataObject) -> None:
    """Even where gzip's own checksum is right: somebody has packed it again."""
    lines = bytearray(gzip.decompress(sound()))
    lines[data.draw(st.integers(0, len(lines) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadBackup):
        read(gzip.compress(bytes(lines)))
