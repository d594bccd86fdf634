"""The version of the schema: creating it, upgrading it, and telling whether this
program fits it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    Connection,
    Dialect,
    MetaData,
    Table,
    create_engine,
    exists,
    inspect,
    select,
)
from sqlalchemy.engine import URL

from uttt.storage import backends, nodes
from uttt.storage.nodes import NodeInfo
from uttt.storage.tables import metadata

T = TypeVar("T")
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE: Final = "alembic_version"
_OLDEST_MARIADB: Final = (10, 6)


class SchemaMismatch(Exception):
    """The tables do not fit this version of the program. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is to be seen of a database from outside."""

    state: "State"
    revision: str | None
    serving: Sequence[NodeInfo]
    is_open: bool
    """Whether another program has it open; known of SQLite only."""


class State(Enum):
    """How the schema of a database relates to the one that this program knows."""

    EMPTY = "empty"
    """There are no tables, or only some of ours without a row: their creation was interrupted."""
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"
    """There are tables, but not ours."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Return what Alembic's commands need to know."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the newest version of the tables that this program knows."""
    return str(_scripts().get_current_head())


def revision(connection: Connection) -> str | None:
    """Return the version of the tables, None if there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def state(connection: Connection) -> State:
    """Compare the database with the newest schema version that this program knows."""
    current = revision(connection)
    if current is None:
        return State.EMPTY if _is_empty(connection) else State.FOREIGN
    if current == head():
        return State.CURRENT
    try:
        _scripts().get_revision(current)
    except CommandError:
        return State.NEWER
    return State.OLDER


def refuse_old_server(dialect: Dialect) -> None:
    """Raise SchemaMismatch if the server does not know all statements that there are."""
    version: tuple[Any, ...] = dialect.server_version_info or ()
    if getattr(dialect, "is_mariadb", False) and version < _OLDEST_MARIADB:  # SKIP LOCKED
        oldest, found = (".".join(map(str, numbers)) for numbers in (_OLDEST_MARIADB, version))
        raise SchemaMismatch(f"MariaDB {oldest} or newer is needed; this is {found}.")


def prepare(url: URL, then: Callable[[Connection], object] | None = None) -> bool:
    """Create the tables if the database is empty; return whether they were created now.

    `then` runs in the same transaction. Raises SchemaMismatch unless the schema is then the one
    that this program knows, or Unavailable.
    """

    def change(connection: Connection) -> bool:
        refuse_old_server(connection.dialect)
        found = state(connection)
        if found is State.EMPTY:
            create(connection)
        elif found is not State.CURRENT:
            raise SchemaMismatch(_ADVICE[found])
        if then is not None:
            then(connection)
        return found is State.EMPTY

    backends.create(url)
    return backends.run(url, change)


def upgrade(url: URL, *, force: bool = False) -> None:
    """Create the tables, or bring them to the newest version.

    All of it or nothing, but on MariaDB and MySQL, which commit each change of a table by itself:
    there an interrupted upgrade is simply run again. Raises SchemaMismatch if the database is newer
    than this program, holds other tables, or if servers of an older version run that the upgrade
    would break (unless `force`); Unavailable.
    """
    backends.create(url)
    is_open = backends.is_open_elsewhere(url)

    def change(connection: Connection) -> None:
        refuse_old_server(connection.dialect)
        found = state(connection)
        if found in (State.NEWER, State.FOREIGN):
            raise SchemaMismatch(_ADVICE[found])
        if found is State.EMPTY:
            create(connection)
            return
        if not force:
            _refuse_while_older_nodes_serve(connection, is_open)
        to_head(connection)

    backends.run(url, change)


def create(connection: Connection, version: str = "head") -> None:
    """Create the tables in an empty database, as they were in a version."""
    leftover = [table for table in inspect(connection).get_table_names() if table in _ours()]
    reflected = MetaData()
    reflected.reflect(connection, only=leftover)
    reflected.drop_all(connection)
    command.upgrade(alembic_config(connection), version)


def to_head(connection: Connection) -> None:
    """Run the migrations that the tables lack, whoever serves."""
    command.upgrade(alembic_config(connection), "head")


def tables_at(version: str) -> MetaData:
    """Return the tables as they were in a version. Their types are those of SQLite.

    Raises SchemaMismatch if this program does not know the version.
    """
    try:
        _scripts().get_revision(version)
    except CommandError:
        raise SchemaMismatch(_ADVICE[State.NEWER]) from None
    engine = create_engine("sqlite://")
    tables = MetaData()
    try:
        with engine.begin() as connection:
            create(connection, version)
            tables.reflect(connection)
    finally:
        engine.dispose()
    return tables


def require_current(connection: Connection) -> None:
    """Raise SchemaMismatch unless the schema is the one that this program knows."""
    found = state(connection)
    if found is not State.CURRENT:
        raise SchemaMismatch(_ADVICE[found])


def run(
    url: URL, function: Callable[[Connection], T], *, write: bool = True, older: bool = False
) -> T:
    """Run a function in a transaction on tables that must be of this version, or may be `older`.

    Raises what it raises, SchemaMismatch or Unavailable.
    """

    def change(connection: Connection) -> T:
        if not (older and state(connection) is State.OLDER):
            require_current(connection)
        return function(connection)

    if not backends.exists(url):
        raise SchemaMismatch(_ADVICE[State.EMPTY])
    return backends.run(url, change, write=write)


def serving(connection: Connection) -> Sequence[NodeInfo]:
    """Return the servers that run on the database, as far as its tables tell."""
    if not inspect(connection).has_table("nodes"):
        return ()
    return nodes.serving(connection, time.time_ns() // 1_000_000)


def look(url: URL) -> Status:
    """Tell how the tables are and who uses them; changes nothing. Raises Unavailable."""
    if not backends.exists(url):
        return Status(State.EMPTY, None, (), is_open=False)
    is_open = bool(backends.is_open_elsewhere(url))
    return backends.run(
        url, lambda c: Status(state(c), revision(c), serving(c), is_open), write=False
    )


def _refuse_while_older_nodes_serve(connection: Connection, is_open: bool | None) -> None:
    found = serving(connection) if is_open is None else ()
    for script in _pending(connection):
        safe: bool | str = script.module.safe_while_older_nodes_serve
        if is_open and safe is not True:
            raise SchemaMismatch(
                f"A program has the database open, and upgrade {script.revision} would break a "
                "server of the present version. Stop it, then upgrade."
            )
        broken = [node for node in found if not _is_safe(node.revision, safe)]
        if broken:
            names = ", ".join(f"{node.address} (version {node.version})" for node in broken)
            raise SchemaMismatch(
                f"Servers of an older version run on this database: {names}. Upgrade "
                f"{script.revision} would break them. Stop them, then upgrade; one that was "
                "killed counts as running for a minute."
            )


def _is_safe(revision: str, safe: bool | str) -> bool:
    """Whether nodes that know the tables of `revision` go on working after a migration.

    `safe` is what the migration says of older nodes: all, none, or those of some revision or later.
    """
    if isinstance(safe, bool):
        return safe
    order = [script.revision for script in _scripts().walk_revisions()]  # from the newest on
    return revision in order and order.index(revision) <= order.index(safe)


def _pending(connection: Connection) -> list[Script]:
    """Return the migrations that the tables lack, in the order in which they will run."""
    pending = list(_scripts().iterate_revisions("head", revision(connection) or "base"))
    return pending[::-1]


def _is_empty(connection: Connection) -> bool:
    tables = inspect(connection).get_table_names()
    if not _ours().issuperset(tables):
        return False
    return not any(
        connection.scalar(select(exists(select(1).select_from(Table(name, MetaData())))))
        for name in tables
    )


def _ours() -> set[str]:
    return {*metadata.tables, _VERSION_TABLE}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


_ADVICE = {
    State.EMPTY: "The database has no tables yet. Run: uttt database create",
    State.OLDER: "The tables are of an older version. Run: uttt database upgrade",
    State.NEWER: "The tables are of a newer version than this program. Install the newer program.",
    State.FOREIGN: "The database holds tables, but not those of this program. Name another one.",
}
