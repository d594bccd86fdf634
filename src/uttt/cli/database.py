"""`uttt database`: the tables."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.engine import make_url

from uttt.cli.run import (
    ConfigOption,
    DatabaseOption,
    known_failures,
    print_table,
    read_settings,
    start_logging,
)
from uttt.storage import schema

commands = typer.Typer(help="Create, upgrade or look at the tables.", no_args_is_help=True)


@commands.command()
def create(config: ConfigOption = None, database_url: DatabaseOption = None) -> None:
    """Create the tables in an empty database; tables of this version are left as they are."""
    with known_failures():
        settings = read_settings({"database_url": database_url}, config).settings
        start_logging(settings)
        created = schema.prepare(make_url(settings.database_url))
    typer.echo("The tables were created." if created else "The tables are there already.")


@commands.command()
def upgrade(
    force: Annotated[
        bool,
        typer.Option("--force", help="Upgrade even if that breaks servers that run."),
    ] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
) -> None:
    """Bring the tables to the version of this program; creates them in an empty database.

    Refuses while servers of an older version run that would not go on working.
    """
    with known_failures():
        settings = read_settings({"database_url": database_url}, config).settings
        start_logging(settings)
        schema.upgrade(make_url(settings.database_url), force=force)
    typer.echo("The tables are up to date.")


@commands.command()
def status(config: ConfigOption = None, database_url: DatabaseOption = None) -> None:
    """Show the version of the tables, that of this program, and which servers run."""
    with known_failures():
        settings = read_settings({"database_url": database_url}, config).settings
        start_logging(settings)
        found = schema.look(make_url(settings.database_url))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("tables", found.state.value)
    table.add_row("version of the tables", found.revision or "none")
    table.add_row("version that this program needs", schema.head())
    for node in found.serving:
        table.add_row("server", f"{node.address}, program {node.version}, tables {node.revision}")
    if not found.serving:
        table.add_row("servers", "none")
    if found.is_open:
        table.add_row("opened by another program", "yes")
    print_table(table)
