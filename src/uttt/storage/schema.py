"""The version of the schema: creating it, upgrading it, and telling whether this
program fits it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from uttt.storage import sqlite
from uttt.storage.failures import Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaMismatch(Exception):
    """The tables do not fit this version of the program. The text says what to do."""


class State(Enum):
    """How the schema of a database relates to the one that this program knows."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"
    """There are tables, but not ours."""


@contextmanager
def transaction(url: URL) -> Iterator[Connection]:
    """Open a transaction outside of a running node.

    Raises Unavailable, or SchemaMismatch if there is no database.
    """
    if not sqlite.exists(url):
        raise SchemaMismatch(_ADVICE[State.EMPTY])
    engine = sqlite.make_engine(url, begin="BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise Unavailable(str(error.orig)) from error
    finally:
        engine.dispose()


def alembic_config(connection: Connection | None = None) -> Config:
    """Return what Alembic's commands need to know."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def state(connection: Connection) -> State:
    """Compare the database with the newest schema version that this program knows."""
    script = ScriptDirectory.from_config(alembic_config())
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        return State.FOREIGN if inspect(connection).get_table_names() else State.EMPTY
    if current == script.get_current_head():
        return State.CURRENT
    try:
        script.get_revision(current)
    except CommandError:
        return State.NEWER
    return State.OLDER


def _create_file(url: URL) -> None:
    try:
        sqlite.create_file(url)
    except OSError as error:
        raise Unavailable(str(error)) from error


def upgrade(url: URL) -> None:
    """Create the tables, or bring them to the newest version; all of it or nothing.

    Raises SchemaMismatch if the database is newer than this program or holds other tables, or
    Unavailable.
    """
    _create_file(url)
    with transaction(url) as connection:
        found = state(connection)
        if found in (State.NEWER, State.FOREIGN):
            raise SchemaMismatch(_ADVICE[found])
        command.upgrade(alembic_config(connection), "head")


def prepare(url: URL) -> bool:
    """Create the tables if the database is empty; return whether they were created now.

    Raises SchemaMismatch unless the schema is then the one that this program knows, or Unavailable.
    """
    _create_file(url)
    with transaction(url) as connection:
        found = state(connection)
        if found is State.EMPTY:
            command.upgrade(alembic_config(connection), "head")
        elif found is not State.CURRENT:
            raise SchemaMismatch(_ADVICE[found])
    return found is State.EMPTY


def require_current(connection: Connection) -> None:
    """Raise SchemaMismatch unless the schema is the one that this program knows."""
    found = state(connection)
    if found is not State.CURRENT:
        raise SchemaMismatch(_ADVICE[found])


_ADVICE = {
    State.EMPTY: "The database has no tables yet. Run: uttt database create",
    State.OLDER: "The tables are of an older version. Run: uttt database upgrade",
    State.NEWER: "The tables are of a newer version than this program. Install the newer program.",
    State.FOREIGN: "The database holds tables, but not those of this program. Name another one.",
}
