"""`uttt backup` and `uttt restore`: all that is stored, in one file, whatever the database."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from sqlalchemy.engine import URL, make_url

from uttt.cli.run import (
    ConfigOption,
    DatabaseOption,
    Failed,
    known_failures,
    progress_bar,
    read_settings,
    start_logging,
)
from uttt.storage.backups import file as backup_file
from uttt.storage.backups import restoring, writing
from uttt.storage.backups.format import BadBackup, Header
from uttt.storage.backups.restoring import CannotRestore
from uttt.storage.backups.writing import NotWritten, Report

FileArgument = Annotated[str, typer.Argument(metavar="FILE", show_default=False)]


def backup(
    file: FileArgument,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
) -> None:
    """Write all that is stored to FILE (- for standard output).

    Servers may run meanwhile: the backup shows one moment, and holds up nobody.

    Only you can read FILE, for there are password hashes in it.
    """
    url = _url(config, database_url)
    with (
        known_failures(),
        _explained(f"{file} was not written"),
        _destination(file, force=force) as stream,
        _progress("backing up") as report,
    ):
        header = writing.write(url, stream, report)
    typer.echo(f"Backed up {_summary(header)}.", err=file == "-")


def restore(
    file: FileArgument,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only check FILE, without your database.")
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
) -> None:
    """Fill an empty database with what is in FILE (- for standard input).

    FILE may come from another kind of database, and from an older version.

    All of it or nothing: after a failure, simply run it again.
    """
    if verify:
        with _reading(file, f"{file} cannot be restored", "verifying") as (stream, report):
            header = restoring.verify(stream, report)
        typer.echo(f"The backup is sound: {_summary(header)}.")
        return
    url = _url(config, database_url)
    with _reading(file, "nothing was restored", "restoring") as (stream, report):
        header = restoring.restore(url, stream, report)
    typer.echo(f"Restored {_summary(header)}.")


def _url(config: Path | None, database_url: str | None) -> URL:
    with known_failures():
        settings = read_settings({"database_url": database_url}, config).settings
    start_logging(settings)
    return make_url(settings.database_url)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn what a file or its content can do wrong into Failed."""
    try:
        yield
    except (NotWritten, BadBackup, CannotRestore) as failure:
        raise Failed(f"{what}: {failure}") from failure
    except FileExistsError as failure:  # ours, with a text of its own
        raise Failed(str(failure)) from failure
    except OSError as failure:
        raise Failed(f"{what}: {failure.strerror or failure}") from failure


@contextmanager
def _destination(file: str, *, force: bool) -> Iterator[BinaryIO]:
    if file != "-":
        with backup_file.new_file(Path(file), replace=force) as stream:
            yield stream
        return
    if sys.stdout.isatty():
        raise Failed("standard output is a terminal: send it to a file or a program")
    # a copy, whose failure to write Python reports here and not as it exits
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
        yield stream


@contextmanager
def _reading(file: str, failed: str, what: str) -> Iterator[tuple[BinaryIO, Report]]:
    with known_failures(), _explained(failed), _source(file) as stream, _progress(what) as report:
        yield stream, report


def _source(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb")


@contextmanager
def _progress(what: str) -> Iterator[Report]:
    """Show how many rows are done, on standard error if that is a terminal."""
    with progress_bar() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _summary(header: Header) -> str:
    rows = {table.name: table.rows for table in header.tables}
    made_at = datetime.fromtimestamp(header.made_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return (
        f"{header.rows} rows as of {made_at}: {rows['players']} players, "
        f"{rows['matches']} matches, {rows['moves']} moves"
    )
