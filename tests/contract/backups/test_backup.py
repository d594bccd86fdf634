"""Backing up on every database: all rows of one moment, and nobody waits."""

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.engine import URL

import samples
from backing_up import as_restored, back_up, bring_back, meanwhile, quietly, state
from broken_backups import parse, tables
from databases import Places
from node import START
from uttt.domain.match import Player
from uttt.rules.rulesets import STANDARD
from uttt.storage import backends, openings, players, schema
from uttt.storage.backups import writing as backup
from uttt.storage.schema import SchemaMismatch, State
from uttt.storage.work import NewMatch

HEAD = schema.head()
EARLIER = [revision for revision in samples.SAMPLES if revision != HEAD]


def test_it_has_every_row(empty: URL) -> None:
    samples.create(empty, HEAD)
    lines = parse(back_up(empty))
    stored = samples.stored(empty)
    assert {*tables(lines)} == {*stored} - {"analyses", "nodes", "rating_counts"}
    for name, rows in tables(lines).items():
        assert len(rows) == len(stored[name]), name
    ann = tables(lines)["players"][0]
    assert ann == [1, "ann", True, "plain secret", 990, START, START + 1]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_leave_nothing_out(empty: URL, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    samples.create(empty, HEAD)
    whole = tables(parse(back_up(empty)))
    monkeypatch.setattr(backup, "_PAGE", size)
    done = []
    assert tables(parse(back_up(empty, lambda *numbers: done.append(numbers)))) == whole
    total = sum(len(rows) for rows in whole.values())
    assert done[-1] == (total, total)
    assert sorted(done) == done


def test_it_is_of_one_moment_and_holds_up_nobody(
    empty: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while it is written, by a transaction that need not wait, is not in it."""
    samples.create(empty, HEAD)
    monkeypatch.setattr(backup, "_PAGE", 2)
    before = tables(parse(back_up(empty)))

    def play(connection: Connection) -> None:
        new = players.create(connection, "new", "hash", 1000, START)
        ann = Player(1, "ann", registered=True)
        match = openings.open_match(connection, NewMatch("new", STANDARD, (ann, new), START, 9))
        rows = [{"match_id": match.fixture.id, "ply": 0, "move": 40, "at": START}]
        connection.execute(insert(schema.metadata.tables["moves"]), rows)
        players.remove(connection, 2)

    begun = []

    def report(_done: int, _total: int) -> None:
        if not begun:
            begun.append(True)
            meanwhile(lambda: backends.run(empty, play))

    assert tables(parse(back_up(empty, report))) == before
    assert tables(parse(back_up(empty)))["players"] != before["players"]


@pytest.mark.parametrize("revision", EARLIER)
def test_older_tables(kind: str, places: Places, tmp_path: Path, revision: str) -> None:
    """They are backed up as they are, and restored into those of this version."""
    url = places.empty(kind, tmp_path / "older")
    samples.create(url, revision)
    packed = back_up(url)
    assert parse(packed)[0]["schema"] == revision
    url = places.empty(kind, tmp_path / "newer")
    bring_back(url, packed)
    assert state(url) is State.CURRENT
    assert samples.stored(url) == as_restored(samples.upgraded(revision))


def test_tables_that_cannot_be_backed_up(empty: URL) -> None:
    with pytest.raises(SchemaMismatch, match="no tables"):
        back_up(empty)
    samples.create(empty, HEAD)
    backends.run(empty, lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num='99'"))
    with pytest.raises(SchemaMismatch, match="newer"):
        back_up(empty)


def test_a_stream_that_takes_nothing_is_no_failure_of_the_database(empty: URL) -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any) -> int:
            raise OSError(28, "No space left on device")

    samples.create(empty, HEAD)
    with pytest.raises(backup.NotWritten, match="No space left"):
        backup.write(empty, Full(), quietly)
