"""Upgrades on every database: from each earlier revision with rows in all tables, interrupted at
each step, and refused while servers run that they would break.

Earlier revisions are found by themselves; each needs its rows in `samples.SAMPLES`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

import samples
from databases import KINDS, SERVERS, Places
from node import START, Node, TestClock
from uttt.domain.commands import Play
from uttt.domain.events import Result
from uttt.storage import backends, matches, nodes, players, schema, standings
from uttt.storage.nodes import SEEN_AT_LEAST_EVERY, NodeInfo
from uttt.storage.schema import SchemaMismatch, State
from uttt.storage.tables import metadata

REVISIONS = [script.revision for script in reversed([*schema._scripts().walk_revisions()])]
EARLIER = REVISIONS[:-1]
HARMLESS = {"f", "get_bind", "get_context", "inline_literal", "batch_alter_table"}
"""Functions of `alembic.op` that change nothing by themselves."""


class PulledThePlug(Exception):
    """The process ended here."""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(kind: str, places: Places, tmp_path: Path) -> URL:
    return places.empty(kind, tmp_path)


def check(url: URL, revision: str) -> None:
    """All that was there is there, in the tables of the newest version."""
    assert samples.stored(url) == samples.upgraded(revision)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))

    assert backends.run(url, differences) == []
    before = samples.stored(url)["rating_counts"]
    backends.run(url, standings.recount)
    assert samples.stored(url)["rating_counts"] == before, "counted as if it were anew"


def test_every_earlier_revision_has_a_sample() -> None:
    assert {*EARLIER} <= {*samples.SAMPLES}
    assert all(rows for revision in EARLIER for rows in samples.SAMPLES[revision].values())


@pytest.mark.parametrize("revision", EARLIER)
def test_all_rows_survive(empty: URL, revision: str) -> None:
    samples.create(empty, revision)
    assert backends.run(empty, schema.state) is State.OLDER
    schema.upgrade(empty)
    assert backends.run(empty, schema.state) is State.CURRENT
    check(empty, revision)


@pytest.mark.parametrize("revision", EARLIER)
async def test_the_services_work_on_what_was_upgraded(
    kind: str, places: Places, tmp_path: Path, revision: str
) -> None:
    url = await asyncio.to_thread(places.empty, kind, tmp_path)
    await asyncio.to_thread(samples.create, url, revision)
    await asyncio.to_thread(schema.upgrade, url)
    node = Node(url.render_as_string(hide_password=False), TestClock(START + 1000))
    await node.start()
    try:
        login = await node.accounts.login("ann", "secret")
        assert login.player.id == 1
        match = await node.referee.apply("open", Play(2, 37))
        assert match.position.plies == 4
        rated = await node.database.read(lambda c: matches.find(c, "rated"))
        assert rated is not None
        assert rated.outcome is not None
        assert rated.outcome.result is Result.ABANDONED
        rank = await node.database.read(lambda c: standings.rating_and_rank(c, 1))
        assert rank == (990, 3)
        newcomer = await node.accounts.login("newcomer", "secret")
        assert newcomer.player.id > 7
    finally:
        await node.stop()


@pytest.mark.parametrize("revision", EARLIER)
def test_interrupted_after_each_step(
    kind: str, places: Places, tmp_path: Path, revision: str
) -> None:
    """MariaDB has then done some of the steps for good; the others, none of them."""
    step = 0
    interrupted = True
    while interrupted:
        step += 1
        url = places.empty(kind, tmp_path / str(step))
        samples.create(url, revision)
        with pulling_the_plug_after(step):
            try:
                schema.upgrade(url)
                interrupted = False
            except PulledThePlug:
                pass
        if interrupted and kind != "mariadb":
            assert backends.run(url, schema.revision) == revision
        schema.upgrade(url)
        check(url, revision)
    assert step > 1, "no step was interrupted"


@contextmanager
def pulling_the_plug_after(steps: int) -> Iterator[None]:
    done = 0

    def interrupted(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            result = function(*args, **kwargs)
            done += 1
            if done == steps:
                raise PulledThePlug
            return result

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name, function in [*vars(op).items()]:
            if isfunction(function) and name not in HARMLESS:
                patch.setattr(op, name, interrupted(function))
        yield


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


@pytest.mark.parametrize("revision", EARLIER)
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
    check(url, revision)


def test_a_file_that_is_open_elsewhere_when_all_go_on_working(
    tmp_path: Path, places: Places, later: Callable[[object], None]
) -> None:
    url = places.empty("sqlite", tmp_path)
    schema.prepare(url)
    later(True)
    with held_open(tmp_path / "uttt.db"):
        schema.upgrade(url)
    assert has_later(url)


def test_ids_go_on_after_those_of_the_sample(empty: URL) -> None:
    samples.create(empty, REVISIONS[-1])
    created = backends.run(empty, lambda c: players.create(c, "new", None, None, START))
    assert created.id > max(row["id"] for row in samples.SAMPLES[REVISIONS[-1]]["players"])
    assert backends.run(empty, lambda c: c.scalar(text("SELECT count(*) FROM players"))) == 5
