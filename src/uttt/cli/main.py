"""`uttt serve`, `uttt config`, `uttt --version`, and the groups of the other commands."""

from typing import Annotated

import structlog
import typer
import uvloop
from rich.table import Table

from uttt import __version__
from uttt.cli import backup, database, engine, import_classic, user
from uttt.cli.run import (
    ConfigOption,
    DatabaseOption,
    Failed,
    known_failures,
    print_table,
    read_settings,
    start_logging,
)

app = typer.Typer(
    name="uttt",
    help="The server for Ultimate Tic-Tac-Toe.",
    epilog="Every setting can be given in a TOML file, as UTTT_NAME in the environment, or (the "
    "common ones) as a flag of serve; uttt config shows what is in force.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(import_classic.import_classic)
app.add_typer(database.commands, name="database")
app.add_typer(engine.commands, name="engine")
app.add_typer(user.commands, name="user")
log = structlog.get_logger("uttt")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"uttt {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    config: ConfigOption = None,
    host: Annotated[
        str | None, typer.Option(help="Interface to listen on; all by default.", show_default=False)
    ] = None,
    port: Annotated[
        str | None, typer.Option(help="TCP port; 5556 by default.", show_default=False)
    ] = None,
    database_url: DatabaseOption = None,
    certificate: Annotated[
        str | None,
        typer.Option(help="PEM file of the certificate, for https and wss.", show_default=False),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="PEM file of its private key.", show_default=False)
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error.", show_default=False)
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(help="auto, text or json.", show_default=False)
    ] = None,
) -> None:
    """Run the server until it is told to stop (Ctrl-C or SIGTERM).

    An empty database gets its tables. SIGHUP loads a renewed certificate.
    """
    flags = {
        "host": host,
        "port": port,
        "database_url": database_url,
        "certificate": certificate,
        "key": key,
        "log_level": log_level,
        "log_format": log_format,
    }
    from uttt import app as node  # noqa: PLC0415 - the other commands need not wait for all of it

    with known_failures():
        settings = read_settings(flags, config).settings
        start_logging(settings)
        try:
            uvloop.run(node.serve(settings, _say_ready))
        except* node.CannotListen as group:
            raise Failed(str(_only(group) or group)) from None
        except* Exception as group:  # noqa: BLE001 - raised again, or explained
            raise (_only(group) or group) from None


def _say_ready(address: str) -> None:
    log.info("serving", address=address, version=__version__)


def _only(group: ExceptionGroup[Exception]) -> Exception | None:
    """Return the one failure that ended the server; None if there were several."""
    failures: list[Exception] = list(group.exceptions)
    while len(failures) == 1 and isinstance(failures[0], ExceptionGroup):
        failures = list(failures[0].exceptions)
    return failures[0] if len(failures) == 1 else None


@app.command(name="config")
def show_config(config: ConfigOption = None) -> None:
    """Show the settings in force and where each value came from."""
    with known_failures():
        loaded = read_settings({}, config)
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for name, value in loaded.settings.printable().items():
        table.add_row(name, value, loaded.sources[name])
    print_table(table)
