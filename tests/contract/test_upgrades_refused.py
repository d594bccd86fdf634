"""Upgrades are refused while servers run that they would break, and only then."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL

import samples
from databases import SERVERS, Places
from uttt.storage import backends, nodes, schema
from uttt.storage.nodes import SEEN_AT_LEAST_EVERY, NodeInfo
from uttt.storage.schema import SchemaMismatch, State

REVISIONS = [script.revision for script in reversed([*schema._scripts().walk_revisions()])]
BROKEN = [
    revision
    for number, revision in enumerate(REVISIONS)
    if any(
        schema._scripts().get_revision(later).module.safe_while_older_nodes_serve is not True
        for later in REVISIONS[number + 1 :]
    )
]
"""The revisions whose servers an upgrade would break."""

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {before!r}
branch_labels = depends_on = None
safe_while_older_nodes_serve = {safe!r}


def upgrade():
    op.add_column("matches", sa.Column("later", sa.Integer(), server_default="7"))
"""
"""A revision to come."""


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Gives the program one more revision, which says this of older nodes."""
    directory = tmp_path / "versions"
    directory.mkdir()
    configure = schema.alembic_config
    usual = Path(schema.__file__).parent / "migrations" / "versions"

    def with_one_more(connection: Connection | None = None) -> Config:
        config = configure(connection)
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{usual}\n{directory}")
        return config

    def add(safe: object) -> None:
        (directory / "9999_later.py").write_text(LATER.format(before=REVISIONS[-1], safe=safe))
        monkeypatch.setattr(schema, "alembic_config", with_one_more)

    return add


def note(url: URL, *, revision: str = REVISIONS[-1], ago: int = 0) -> None:
    """A node of this revision serves, or did so a while ago."""
    node = NodeInfo("n", "0.1.0", revision, "play.example.org:5556", 1)
    now = nodes_now()
    backends.run(url, lambda c: nodes.note(c, node, now - ago))


def nodes_now() -> int:
    return schema.time.time_ns() // 1_000_000


def has_later(url: URL) -> bool:
    columns = backends.run(url, lambda c: inspect(c).get_columns("matches"))
    return "later" in {column["name"] for column in columns}


@pytest.fixture(params=SERVERS)
def on_server(request: pytest.FixtureRequest, places: Places, tmp_path: Path) -> URL:
    """Tables on a database where the table `nodes` tells who serves."""
    url = places.empty(request.param, tmp_path)
    schema.prepare(url)
    return url


def test_refused_while_a_node_serves(on_server: URL, later: Callable[[object], None]) -> None:
    note(on_server)
    later(False)
    with pytest.raises(SchemaMismatch, match=r"play\.example\.org:5556 \(version 0\.1\.0\).*9999"):
        schema.upgrade(on_server)
    assert not has_later(on_server)
    assert backends.run(on_server, schema.state) is State.OLDER
    schema.upgrade(on_server, force=True)
    assert has_later(on_server)


def test_not_refused_where_nodes_go_on_working(
    on_server: URL, later: Callable[[object], None]
) -> None:
    note(on_server)
    later(True)
    schema.upgrade(on_server)
    assert has_later(on_server)


def test_nodes_that_are_silent_do_not_count(
    on_server: URL, later: Callable[[object], None]
) -> None:
    note(on_server, ago=SEEN_AT_LEAST_EVERY + 5000)
    later(False)
    schema.upgrade(on_server)
    assert has_later(on_server)


def test_contracting_asks_which_revision_nodes_know(
    on_server: URL, later: Callable[[object], None]
) -> None:
    """What only nodes before some revision use can go once none of these is left."""
    later(REVISIONS[-1])
    note(on_server, revision=REVISIONS[-2])
    with pytest.raises(SchemaMismatch, match="9999"):
        schema.upgrade(on_server)
    backends.run(on_server, lambda c: nodes.forget(c, "n"))
    note(on_server, revision=REVISIONS[-1])
    schema.upgrade(on_server)
    assert has_later(on_server)


def test_a_node_that_starts_on_newer_tables_is_refused(
    on_server: URL, later: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    later(True)
    schema.upgrade(on_server)
    monkeypatch.undo()  # the older program
    with pytest.raises(SchemaMismatch, match="newer"):
        schema.prepare(on_server)


@contextmanager
def held_open(path: Path) -> Iterator[None]:
    """Another process has the file open, as a server has it."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('SELECT * FROM players').fetchall();"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield


@pytest.mark.parametrize("revision", BROKEN)
def test_refused_while_a_file_is_open_elsewhere(
    tmp_path: Path, places: Places, revision: str
) -> None:
    url = places.empty("sqlite", tmp_path)
    samples.create(url, revision)
    with held_open(tmp_path / "uttt.db"):
        with pytest.raises(SchemaMismatch, match="has the database open"):
            schema.upgrade(url)
        assert backends.run(url, schema.revision) == revision
        schema.upgrade(url, force=True)
    assert samples.stored(url) == samples.upgraded(revision)


def test_a_file_that_is_open_elsewhere_when_all_go_on_working(
    tmp_path: Path, places: Places, later: Callable[[object], None]
) -> None:
    url = places.empty("sqlite", tmp_path)
    schema.prepare(url)
    later(True)
    with held_open(tmp_path / "uttt.db"):
        schema.upgrade(url)
    assert has_later(url)
