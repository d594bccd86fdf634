"""What all commands share: reading the settings, and turning known failures into one line."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from uttt import logs
from uttt.settings import LoadedSettings, Settings, SettingsError, load
from uttt.storage import schema
from uttt.storage.failures import Unavailable
from uttt.storage.schema import SchemaMismatch

T = TypeVar("T")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings.", show_default=False)
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(help="Where the data is, such as sqlite:///uttt.db.", show_default=False),
]


def print_table(table: Table) -> None:
    """Print a table, as wide as it needs to be when it goes to a file or a pipe."""
    console = Console(markup=False, width=None if sys.stdout.isatty() else 10_000)
    console.print(table)


def progress_bar() -> Progress:
    """Return a bar that counts rows, on standard error if that is a terminal."""
    return Progress(
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


class Failed(Exception):
    """The command failed; the text is one line for the host."""


@contextmanager
def known_failures() -> Iterator[None]:
    """Turn what a host can mend into Failed."""
    try:
        yield
    except (SettingsError, SchemaMismatch) as failure:
        raise Failed(str(failure)) from failure
    except Unavailable as failure:
        message = f"the database cannot be used: {failure}"
        raise Failed(message) from failure


def read_settings(flags: Mapping[str, Any], config: Path | None) -> LoadedSettings:
    """Read the settings; flags that were not given are None. Raises SettingsError."""
    given = {name: value for name, value in flags.items() if value is not None}
    return load(flags=given, config=config)


def start_logging(settings: Settings) -> None:
    """Log as the settings say."""
    logs.configure(settings.log_level, settings.log_format)


def in_database(
    database_url: str | None, config: Path | None, change: Callable[[Connection], T]
) -> T:
    """Run `change` in a transaction on the tables, which must be there and of this version.

    Raises what `change` raises, SettingsError, SchemaMismatch or Unavailable.
    """
    loaded = read_settings({"database_url": database_url}, config)
    start_logging(loaded.settings)
    return schema.run(make_url(loaded.settings.database_url), change)
