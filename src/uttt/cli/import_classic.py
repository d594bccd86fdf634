"""`uttt import-classic`: moves a host in from the old server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.table import Table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from uttt.cli.run import (
    ConfigOption,
    DatabaseOption,
    Failed,
    known_failures,
    print_table,
    progress_bar,
    read_settings,
    start_logging,
)
from uttt.service.clock import system_clock
from uttt.storage.classic import source as sources
from uttt.storage.classic.move_in import ServerRuns, move_in
from uttt.storage.classic.source import Source, SourceFailed
from uttt.storage.classic.tally import Tallies, Tally, Terms

_NAMES = {"guests": "temporary users"}


def import_classic(
    source: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            envvar="CLASSIC_DATABASE_URL",
            help="Database of the old server: mysql://user:password@host/name or mariadb://...",
            show_default=False,
        ),
    ],
    time_zone: Annotated[
        str | None,
        typer.Option(
            help="Zone of the old server's times, such as Europe/Berlin; that of this machine "
            "by default.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
) -> None:
    """Bring accounts, sessions, friends and matches from the old server.

    The old server may run meanwhile, and nothing is written to its database. Yours may not run.

    All or nothing. Run it as often as you like: what was not used here is brought up to date.
    """
    from uttt.app import lifetimes_of  # noqa: PLC0415 - the other commands need not wait for it

    url, zone = _source_url(source), _zone(time_zone)
    with known_failures(), _explained():
        settings = read_settings({"database_url": database_url}, config).settings
        start_logging(settings)
        with sources.opened(url) as old, _progress(old) as advance:
            terms = Terms(system_clock(), lifetimes_of(settings), settings.elo_k, zone, advance)
            tallies = move_in(make_url(settings.database_url), old, terms)
    _print(tallies)


def _source_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise Failed("the source is not a URL such as mysql://user:password@host/name") from None
    if url.get_backend_name() not in ("mysql", "mariadb"):
        raise Failed("the source must begin with mysql:// or mariadb://")
    if not url.database:
        raise Failed("the source names no database: mysql://user:password@host/name")
    return url


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"there is no time zone {name!r} on this machine"
        raise Failed(message) from None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except SourceFailed as failure:
        raise Failed(f"the old server's database cannot be read: {failure}") from failure
    except ServerRuns as failure:
        raise Failed(
            f"stop your server first ({failure}); one that was killed counts as running for a "
            "minute"
        ) from failure


@contextmanager
def _progress(source: Source) -> Iterator[Callable[[str, int], None]]:
    """Show how many rows of each table are done, on standard error if that is a terminal."""
    with progress_bar() as bars:
        tasks = {
            table.name: bars.add_task(table.name, total=source.count(table))
            for table in (sources.users, sources.sessions, sources.friends, sources.matches)
        }
        yield lambda name, rows: bars.advance(tasks[name], rows)


def _print(tallies: Tallies) -> None:
    kinds = {field.name: getattr(tallies, field.name) for field in fields(tallies)}
    columns = ("read", "imported", "updated", "unchanged", "skipped", "removed here")
    summary = Table("", box=None, pad_edge=False)
    for column in columns:
        summary.add_column(column, justify="right")
    for kind, tally in kinds.items():
        summary.add_row(_NAMES.get(kind, kind), *(str(number) for number in _numbers(tally)))
    print_table(summary)
    if not any(tally.skipped for tally in kinds.values()):
        return
    reasons = Table("skipped", "why", box=None, pad_edge=False)
    reasons.add_column("rows", justify="right")
    for kind, tally in kinds.items():
        for reason, count in tally.skipped.most_common():
            reasons.add_row(_NAMES.get(kind, kind), reason, str(count))
    typer.echo()
    print_table(reasons)


def _numbers(tally: Tally) -> tuple[int, ...]:
    skipped = tally.skipped.total()
    return tally.read, tally.imported, tally.updated, tally.unchanged, skipped, tally.removed
