"""`uttt database`: the tables."""

import typer
from sqlalchemy.engine import make_url

from uttt.cli.run import ConfigOption, DatabaseOption, known_failures, read_settings, start_logging
from uttt.storage import schema

commands = typer.Typer(help="Create or upgrade the tables.", no_args_is_help=True)


@commands.command()
def create(config: ConfigOption = None, database_url: DatabaseOption = None) -> None:
    """Create the tables in an empty database; tables of this version are left as they are."""
    with known_failures():
        settings = read_settings({"database_url": database_url}, config).settings
        start_logging(settings)
        created = schema.prepare(make_url(settings.database_url))
    typer.echo("The tables were created." if created else "The tables are there already.")


@commands.command()
def upgrade(config: ConfigOption = None, database_url: DatabaseOption = None) -> None:
    """Bring the tables to the version of this program; creates them in an empty database."""
    with known_failures():
        settings = read_settings({"database_url": database_url}, config).settings
        start_logging(settings)
        schema.upgrade(make_url(settings.database_url))
    typer.echo("The tables are up to date.")
