"""Restoring on every database: all or nothing, into an empty one, and nothing believed."""

import gzip
import io
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, inspect
from sqlalchemy.engine import URL

import samples
from backing_up import as_restored, back_up, bring_back, meanwhile, quietly, state
from broken_backups import BROKEN, Broken, compose, parse, tables
from databases import SERVERS, Places
from node import START
from uttt.domain.match import Player
from uttt.rules.rulesets import STANDARD
from uttt.storage import backends, nodes, openings, players, schema, sessions
from uttt.storage.backups import reading as backup_reader
from uttt.storage.backups import restoring as restore
from uttt.storage.backups.format import BadBackup
from uttt.storage.backups.restoring import CannotRestore
from uttt.storage.nodes import NodeInfo
from uttt.storage.schema import State
from uttt.storage.tables import players as players_table
from uttt.storage.work import NewMatch

HEAD = schema.head()
NODE = NodeInfo("n", "0.1.0", HEAD, "play.example.org:5556", 1)


@pytest.mark.parametrize("found", ["nothing", "tables", "older tables", "some tables"])
def test_into_an_empty_database(empty: URL, sound: bytes, found: str) -> None:
    if found == "older tables":
        backends.create(empty)
        backends.run(empty, lambda c: schema.create(c, "0001"))
    elif found != "nothing":
        schema.prepare(empty)
    if found == "some tables":  # as after a creation that was interrupted
        backends.run(empty, lambda c: c.exec_driver_sql("DELETE FROM alembic_version"))
        backends.run(empty, lambda c: c.exec_driver_sql("DROP TABLE moves"))
    bring_back(empty, sound)
    assert samples.stored(empty) == as_restored(samples.upgraded(HEAD))
    assert tables(parse(back_up(empty))) == tables(parse(sound))


def test_new_rows_get_new_ids(empty: URL, sound: bytes) -> None:
    bring_back(empty, sound)

    def create(connection: Connection) -> tuple[int, int, int]:
        new = players.create(connection, "new", None, None, START)
        bob = Player(2, "bob", registered=True)
        match = openings.open_match(connection, NewMatch("new", STANDARD, (bob, new), START, 5))
        session = sessions.create(connection, new.id, b"n" * 32, START)
        return new.id, match.fixture.id, session

    player, match, session = backends.run(empty, create)
    assert player > 7
    assert match > 9
    assert session > 6


def test_batches_and_columns_in_another_order(
    empty: URL, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = parse(sound)
    lines[0]["tables"][0]["columns"].reverse()
    count = lines[0]["tables"][0]["rows"]
    for row in lines[2 : 2 + count]:
        row.reverse()
    monkeypatch.setattr(backup_reader, "_BATCH", 3)
    bring_back(empty, compose(lines))
    assert samples.stored(empty) == as_restored(samples.upgraded(HEAD))


def test_ratings_are_counted_and_not_believed(prepared: URL, sound: bytes) -> None:
    backends.run(
        prepared,
        lambda c: c.exec_driver_sql("INSERT INTO rating_counts (rating, accounts) VALUES (5, 0)"),
    )
    bring_back(prepared, sound)
    assert samples.stored(prepared)["rating_counts"] == [
        {"rating": 990, "accounts": 1},
        {"rating": 1010, "accounts": 2},
    ]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(prepared: URL, sound: bytes, name: str) -> None:
    broken: Broken = BROKEN[name]
    before = samples.stored(prepared)
    with pytest.raises(BadBackup, match=broken.says) as refusal:
        bring_back(prepared, compose(broken.change(parse(sound))))
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)
    assert samples.stored(prepared) == before
    assert state(prepared) is State.CURRENT


def test_after_a_refusal_it_is_simply_done_again(empty: URL, sound: bytes) -> None:
    broken = compose(BROKEN["a move of no match"].change(parse(sound)))
    with pytest.raises(BadBackup):
        bring_back(empty, broken)
    if empty.get_backend_name() != "mariadb":  # which commits each change of a table by itself
        assert state(empty) is State.EMPTY
    bring_back(empty, sound)
    assert samples.stored(empty) == as_restored(samples.upgraded(HEAD))


def test_interrupted_anywhere_it_leaves_no_row(
    prepared: URL, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = samples.stored(prepared)
    monkeypatch.setattr(backup_reader, "_BATCH", 7)
    rows = sum(len(rows) for rows in tables(parse(sound)).values())
    steps: list[int] = []
    for step in range(3, rows + 1, 7):

        def stop(done: int, _total: int, step: int = step) -> None:
            if done >= step:
                steps.append(done)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            bring_back(prepared, sound, stop)
        assert samples.stored(prepared) == before
    assert rows in steps, "even when all rows were there"


def test_not_into_a_database_with_rows(empty: URL, sound: bytes) -> None:
    samples.create(empty, HEAD)
    before = samples.stored(empty)
    with pytest.raises(CannotRestore, match=r"not empty.*players"):
        bring_back(empty, sound)
    assert samples.stored(empty) == before


def test_not_into_an_older_database_with_rows(empty: URL, sound: bytes) -> None:
    samples.create(empty, "0001")
    with pytest.raises(CannotRestore, match="not empty"):
        bring_back(empty, sound)
    assert state(empty) is State.OLDER


def test_not_into_tables_of_others(empty: URL, sound: bytes) -> None:
    backends.create(empty)
    backends.run(empty, lambda c: c.exec_driver_sql("CREATE TABLE wp_posts (id INTEGER)"))
    with pytest.raises(CannotRestore, match="not those of this program"):
        bring_back(empty, sound)
    assert backends.run(empty, lambda c: inspect(c).get_table_names()) == ["wp_posts"]


def test_not_into_newer_tables(empty: URL, sound: bytes) -> None:
    schema.prepare(empty)
    backends.run(empty, lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num='99'"))
    with pytest.raises(CannotRestore, match="newer"):
        bring_back(empty, sound)


@pytest.mark.parametrize("server", SERVERS)
def test_not_while_a_server_runs(server: str, places: Places, tmp_path: Path, sound: bytes) -> None:
    url = places.with_tables(server, tmp_path, schema.prepare)
    now = schema.time.time_ns() // 1_000_000
    backends.run(url, lambda c: nodes.note(c, NODE, now))
    with pytest.raises(CannotRestore, match=r"play\.example\.org:5556"):
        bring_back(url, sound)
    backends.run(url, lambda c: nodes.forget(c, "n"))
    backends.run(url, lambda c: nodes.note(c, NODE, now - nodes.SEEN_AT_LEAST_EVERY - 5000))
    bring_back(url, sound)
    backends.run(url, lambda c: c.execute(delete(players_table)))


@pytest.mark.parametrize("server", SERVERS)
def test_not_if_a_server_comes_while_it_is_restored(
    server: str, places: Places, tmp_path: Path, sound: bytes
) -> None:
    url = places.with_tables(server, tmp_path, schema.prepare)

    def come(_done: int, _total: int) -> None:
        now = schema.time.time_ns() // 1_000_000
        meanwhile(lambda: backends.run(url, lambda c: nodes.note(c, NODE, now), write=False))

    with pytest.raises(CannotRestore, match="servers run"):
        bring_back(url, sound, come)
    assert samples.stored(url)["players"] == []


def test_verifying(sound: bytes) -> None:
    assert restore.verify(io.BytesIO(sound), quietly).rows > 20
    for broken in BROKEN.values():
        with pytest.raises(BadBackup, match=broken.says):
            restore.verify(io.BytesIO(compose(broken.change(parse(sound)))), quietly)


def test_files_that_are_cut_off(sound: bytes) -> None:
    for length in range(0, len(sound), 7):
        with pytest.raises(BadBackup, match=r"not a backup|cut off|file ends"):
            restore.verify(io.BytesIO(sound[:length]), quietly)


def test_other_files() -> None:
    for content in (
        b"",
        b"hello",
        b"SQLite format 3\0",
        gzip.compress(b""),
        gzip.compress(b"[]\n"),
    ):
        with pytest.raises(BadBackup, match=r"not a backup|ends here"):
            restore.verify(io.BytesIO(content), quietly)
