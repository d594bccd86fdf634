"""`uttt import-classic` where it cannot work: one clear line, and nothing has changed anywhere."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import URL, Engine, make_url

from command import failed, succeeded, uttt
from databases import database
from node import LIFETIMES
from support.classic import ClassicDatabase, ago, state_after
from support.moving import Move
from support.server import free_port, running
from uttt.storage import schema
from uttt.storage.classic import source as sources
from uttt.storage.classic.move_in import move_in
from uttt.storage.classic.source import SourceFailed
from uttt.storage.classic.tally import Terms
from uttt.storage.tables import players

SOURCE = "mysql://root@127.0.0.1/name"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[ClassicDatabase]:
    with database("mariadb", tmp_path) as url:
        old = ClassicDatabase(url)
        for name in ("ann", "bob"):
            old.user(name)
            old.session(name)
        old.friend("ann", "bob")
        old.match(state_after(()))
        yield old


@pytest.fixture
def move(old: ClassicDatabase, tmp_path: Path) -> Move:
    return Move(old, make_url(f"sqlite:///{tmp_path / 'uttt.db'}"), tmp_path)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "not a URL"),
        ("nonsense", "not a URL"),
        ("mysql://root@127.0.0.1:port/name", "not a URL"),
        ("sqlite:///old.db", "mysql://"),
        ("postgresql://root@127.0.0.1/name", "mysql://"),
        ("mysql://root@127.0.0.1", "names no database"),
        ("mysql://root:secret@127.0.0.1/uttt_test_nowhere", "cannot be read"),
    ],
)
def test_sources_that_are_none(tmp_path: Path, source: str, says: str) -> None:
    line = failed(uttt(tmp_path, "import-classic", source))
    assert says in line
    assert "secret" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_not_reachable(tmp_path: Path) -> None:
    source = f"mariadb://root@127.0.0.1:{free_port()}/name"
    assert "connect" in failed(uttt(tmp_path, "import-classic", source))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("zone", ["", "Nowhere", "../etc/passwd", "Europe/Berlin\0"])
def test_zones_that_are_none(tmp_path: Path, zone: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if "\0" in zone:  # no argument of a program can be that
            zone = zone.replace("\0", "\n")
        patch.chdir(tmp_path)
        outcome = uttt(tmp_path, "import-classic", SOURCE, "--time-zone", zone)
    assert "time zone" in failed(outcome)


@pytest.mark.parametrize("table", ["users", "sessions", "friends", "matches"])
def test_a_missing_table(move: Move, table: str) -> None:
    move.old.change(f"RENAME TABLE {table} TO something_else")
    assert f"no table {table}" in failed(move.run())


@pytest.mark.parametrize(
    ("table", "column"), [("users", "elo"), ("sessions", "temp_user"), ("matches", "ranked")]
)
def test_a_missing_column(move: Move, table: str, column: str) -> None:
    move.old.change(f"ALTER TABLE {table} DROP COLUMN {column}")
    line = failed(move.run())
    assert table in line
    assert column in line


def test_a_database_of_others(move: Move) -> None:
    schema.prepare(move.url)
    assert "no tables of" not in failed(move.run(UTTT_DATABASE_URL=str(move.old.url)))
    assert move.old.counts() == {"users": 2, "sessions": 2, "friends": 1, "matches": 1}


def test_settings_are_obeyed(move: Move) -> None:
    """Lifetimes come from them, and `--database-url` names the target."""
    succeeded(move.run("--database-url", "sqlite:///other.db", UTTT_ACCOUNT_LIFETIME="1h"))
    other = Move(move.old, make_url(f"sqlite:///{move.directory}/other.db"), move.directory)
    assert other.query(select(players)) == []
    succeeded(move.run("--time-zone", "America/New_York", UTTT_ACCOUNT_LIFETIME="3h"))
    assert len(move.query(select(players))) == 2, "two hours ago there is less than that here"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_while_our_server_runs(old: ClassicDatabase, tmp_path: Path, kind: str) -> None:
    """It would not see what is changed under it."""
    with database(kind, tmp_path) as url:
        move = Move(old, url, tmp_path)
        move.bring()
        before = move.everything()
        with running(tmp_path, **move.settings, UTTT_BOTS="off"):  # whose accounts it would make
            assert "stop your server" in failed(move.run())
        assert {**move.everything(), "nodes": []} == {**before, "nodes": []}
        move.bring()


def terms(zone: str | None, now: datetime) -> Terms:
    at = int(now.timestamp() * 1000)
    return Terms(at, LIFETIMES, 20, zone and ZoneInfo(zone), lambda _table, _rows: None)  # type: ignore[arg-type]


def test_the_source_cannot_be_written(old: ClassicDatabase) -> None:
    before = old.checksums()
    for statement in (
        "UPDATE users SET elo = 0", "DELETE FROM friends", "DROP TABLE friends",
        "CREATE TABLE more (a INT)", "INSERT INTO friends VALUES ('bob', 'ann')",
        "ALTER TABLE users ADD COLUMN more INT", "TRUNCATE TABLE friends",
    ):  # fmt: skip
        with (
            sources.opened(old.url) as source,
            pytest.raises(SourceFailed, match="READ ONLY transaction"),
        ):
            source.rows(text(statement))  # type: ignore[arg-type]
    assert old.checksums() == before


def test_the_source_is_only_asked_and_at_one_moment(old: ClassicDatabase, tmp_path: Path) -> None:
    said: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if connection.dialect.name == "mysql":
            said.append(statement)

    url = make_url(f"sqlite:///{tmp_path / 'uttt.db'}")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with sources.opened(old.url) as source:
            old.user("later")
            tallies = move_in(url, source, terms("UTC", datetime.now(UTC)))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert tallies.accounts.read == 2
    assert len(said) > 6
    kinds = {statement.split()[0] for statement in said}
    assert kinds == {"SET", "START", "SELECT"}
    assert [s for s in said if s.startswith("START")] == [
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
    ]


def test_within_an_event_loop_or_without(old: ClassicDatabase, tmp_path: Path) -> None:
    """The target may have a loop of its own, which the source does not touch."""
    urls: list[URL] = []
    for kind in ("sqlite", "postgresql", "mariadb"):
        with database(kind, tmp_path) as url, sources.opened(old.url) as source:
            tallies = move_in(url, source, terms("UTC", datetime.now(UTC)))
            assert tallies.accounts.imported == 2
            urls.append(url)
    assert len(urls) == 3


def utc(local: str, zone: str | None) -> str:
    """The moment that a time of the old server is taken for."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    seen = terms(zone, now).seen(datetime.fromisoformat(local), 10**12)
    return datetime.fromtimestamp(seen / 1000, UTC).isoformat()[:19]


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2026-07-01 12:00:00", "2026-07-01T10:00:00"),
        ("2026-11-01 12:00:00", "2026-11-01T11:00:00"),
        ("2026-10-25 01:59:59", "2026-10-24T23:59:59"),
        ("2026-10-25 02:30:00", "2026-10-25T01:30:00"),  # twice: the later one
        ("2026-10-25 03:00:00", "2026-10-25T02:00:00"),
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00"),  # never
        ("2026-03-29 03:00:00", "2026-03-29T01:00:00"),
        ("2026-12-24 12:00:00", "2026-12-01T00:00:00"),  # still to come: now
    ],
)
def test_times_when_clocks_are_changed(
    local: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time  # noqa: PLC0415

    assert utc(local, "Europe/Berlin") == moment
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert utc(local, None) == moment
    finally:
        monkeypatch.undo()
        time.tzset()


def test_times_that_are_none() -> None:
    from uttt.storage.classic.tally import Skipped  # noqa: PLC0415

    for odd in (None, "0000-00-00 00:00:00", 7, ago().date()):
        with pytest.raises(Skipped, match="cannot be read"):
            terms("UTC", datetime.now(UTC)).seen(odd, 1)
    for year in (1, 9999):
        for zone in ("UTC", "Pacific/Kiritimati", "America/New_York", None):
            at = datetime(year, 1, 1) if year == 1 else datetime(year, 12, 31, 23, 59)  # noqa: DTZ001
            found = terms(zone, datetime.now(UTC))
            try:
                assert found.seen(at, 10**12) <= found.now
            except Skipped as skipped:
                assert year == 1 or "read" in skipped.reason  # noqa: PT017
