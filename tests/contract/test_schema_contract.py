"""The schema on every database: created once, told apart, and the same as `tables.py`."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

from uttt.storage import backends, schema
from uttt.storage.schema import SchemaMismatch, State
from uttt.storage.tables import metadata

ANN = "INSERT INTO players (name, registered, created_at, seen_at) VALUES ('ann', false, 1, 1)"


def state(url: URL) -> State:
    return backends.run(url, schema.state)


def execute(url: URL, *statements: str) -> None:
    def change(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    backends.run(url, change)


def tables(url: URL) -> set[str]:
    return backends.run(url, lambda c: set(inspect(c).get_table_names()))


def test_empty(empty: URL) -> None:
    assert state(empty) is State.EMPTY
    with pytest.raises(SchemaMismatch, match="uttt database create"):
        schema.run(empty, lambda _: None)


def test_created_once(empty: URL) -> None:
    assert schema.prepare(empty) is True
    assert state(empty) is State.CURRENT
    assert tables(empty) == {*metadata.tables, "alembic_version"}
    assert schema.prepare(empty) is False
    backends.run(empty, schema.require_current)


def test_upgrade_creates_and_keeps_what_is_there(empty: URL) -> None:
    schema.upgrade(empty)
    assert state(empty) is State.CURRENT
    execute(empty, ANN)
    schema.upgrade(empty)
    schema.prepare(empty)
    found = backends.run(empty, lambda c: c.scalar(text("SELECT name FROM players")))
    assert found == "ann"


@pytest.mark.parametrize("backend", ["mariadb"], indirect=True)
def test_a_server_that_is_too_old(empty: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_OLDEST_MARIADB", (1000, 0))
    for attempt in (schema.prepare, schema.upgrade):
        with pytest.raises(SchemaMismatch, match=r"^MariaDB 1000\.0 or newer is needed; this is 1"):
            attempt(empty)
    assert not tables(empty)


def test_newer(empty: URL) -> None:
    schema.prepare(empty)
    execute(empty, "UPDATE alembic_version SET version_num = '9999'")
    assert state(empty) is State.NEWER
    for attempt in (schema.prepare, schema.upgrade):
        with pytest.raises(SchemaMismatch, match="newer"):
            attempt(empty)
    assert state(empty) is State.NEWER


def test_foreign(empty: URL) -> None:
    execute(empty, "CREATE TABLE wp_posts (id INTEGER PRIMARY KEY)")
    assert state(empty) is State.FOREIGN
    for attempt in (schema.prepare, schema.upgrade):
        with pytest.raises(SchemaMismatch, match="not those of this program"):
            attempt(empty)
    assert tables(empty) == {"wp_posts"}


def test_tables_without_a_version_are_not_taken_for_an_empty_database(empty: URL) -> None:
    schema.prepare(empty)
    execute(empty, "DELETE FROM alembic_version")
    assert state(empty) is State.EMPTY, "as when the creation was interrupted"
    execute(empty, ANN)
    assert state(empty) is State.FOREIGN
    with pytest.raises(SchemaMismatch, match="not those of this program"):
        schema.prepare(empty)


@pytest.mark.parametrize(
    "left_over", [{"moves", "rating_changes"}, {"seats", "rating_counts", "nodes"}]
)
def test_creation_that_was_interrupted_starts_over(empty: URL, left_over: set[str]) -> None:
    """MariaDB commits each table by itself, so a crash can leave some."""
    schema.prepare(empty)
    gone = [name for name in reversed(metadata.sorted_tables) if name.name in left_over]
    execute(empty, "DELETE FROM alembic_version", *(f"DROP TABLE {table}" for table in gone))
    assert schema.prepare(empty) is True
    assert tables(empty) == {*metadata.tables, "alembic_version"}


def test_two_nodes_that_start_at_once_create_the_tables_once(empty: URL) -> None:
    """In processes of their own, as nodes are: Alembic keeps its context in the module."""
    code = (
        "import sys; from sqlalchemy.engine import make_url; from uttt.storage import schema;"
        "print(schema.prepare(make_url(sys.argv[1])))"
    )
    address = empty.render_as_string(hide_password=False)

    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", code, address], check=True, capture_output=True, text=True
        ).stdout.strip()

    with ThreadPoolExecutor(2) as nodes:
        created = list(nodes.map(start, range(2)))
    assert sorted(created) == ["False", "True"]
    assert state(empty) is State.CURRENT


def test_commands_that_write_wait_for_each_other(prepared: URL) -> None:
    inside: list[bool] = []

    def change(_: Connection) -> None:
        inside.append(True)
        time.sleep(0.1)
        assert len(inside) == 1, "two at a time"
        inside.pop()

    with ThreadPoolExecutor(3) as commands:
        list(commands.map(lambda _: backends.run(prepared, change), range(3)))


def test_a_failure_half_way_can_be_mended(empty: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = schema.command.upgrade

    def fail(*args: object) -> None:
        upgrade(*args)  # type: ignore[arg-type]
        raise RuntimeError("pulled the plug")

    with monkeypatch.context() as patch:
        patch.setattr(schema.command, "upgrade", fail)
        with pytest.raises(RuntimeError):
            schema.prepare(empty)
    if empty.get_backend_name() != "mariadb":  # which commits each change of a table by itself
        assert state(empty) is State.EMPTY
    schema.upgrade(empty)
    assert state(empty) is State.CURRENT
    assert tables(empty) == {*metadata.tables, "alembic_version"}


def test_the_migrations_make_what_the_tables_say(empty: URL) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))

    schema.prepare(empty)
    assert backends.run(empty, differences) == []


def test_keys_and_references_are_as_the_tables_say(empty: URL) -> None:
    def check(connection: Connection) -> None:
        found = inspect(connection)
        for name, table in metadata.tables.items():
            primary = found.get_pk_constraint(name)["constrained_columns"]
            assert primary == [column.name for column in table.primary_key]
            references = {
                (key["constrained_columns"][0], key["referred_table"], key["options"]["ondelete"])
                for key in found.get_foreign_keys(name)
            }
            assert references == {
                (key.parent.name, key.column.table.name, "CASCADE") for key in table.foreign_keys
            }

    schema.prepare(empty)
    backends.run(empty, check)


def test_every_table_is_explained() -> None:
    for table in metadata.tables.values():
        assert table.comment, table.name
