"""What is SQLite's own: durability of the writer, and files that cannot be used."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from node import new_database
from uttt.storage.failures import Unavailable
from uttt.storage.sqlite import SqliteDatabase


async def test_the_writer_syncs_each_commit(tmp_path: Path) -> None:
    database = SqliteDatabase(new_database(tmp_path))
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    (found,) = await database.commit(
        [lambda c: [c.execute(text(f"PRAGMA {pragma}")).scalar() for pragma in pragmas]]
    )
    assert found == ["wal", 2, 1]
    await database.close()


async def test_a_file_that_is_none_of_sqlites(tmp_path: Path) -> None:
    path = tmp_path / "garbage.db"
    path.write_bytes(b"this is not a database, it only looks for trouble " * 100)
    database = SqliteDatabase(f"sqlite:///{path}")
    for attempt in (database.read(lambda _: None), database.commit([lambda _: None])):
        with pytest.raises(Unavailable):
            await attempt
    await database.close()


async def test_a_file_that_another_program_has_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def impatient(*args: object, **options: object) -> sqlite3.Connection:
        return connect(*args, **{**options, "timeout": 0.05})  # type: ignore[call-overload,no-any-return]

    url = new_database(tmp_path)
    other = sqlite3.connect(tmp_path / "uttt.db", isolation_level=None)
    monkeypatch.setattr(sqlite3, "connect", impatient)
    monkeypatch.setattr("sqlite3.dbapi2.connect", impatient)
    database = SqliteDatabase(url)
    await database.commit([lambda _: None])
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await database.commit([lambda _: None])
    await database.read(lambda c: c.execute(text("SELECT * FROM players")).all())
    other.execute("ROLLBACK")
    assert await database.commit([lambda _: "works again"]) == ["works again"]
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    await database.close()
    other.close()
