"""`uttt user`: look at accounts and temporary users, delete them, set a new password.

These commands work on the database, whether or not a server is running. A running server notices
within a minute that somebody has been deleted, and closes his connections.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from argon2 import PasswordHasher
from rich.table import Table
from sqlalchemy import Connection

from uttt.cli.run import (
    ConfigOption,
    DatabaseOption,
    Failed,
    in_database,
    known_failures,
    print_table,
)
from uttt.domain.names import MAX_PASSWORD_LENGTH, fold_name, is_password
from uttt.storage import friendships, matches, players, sessions, standings
from uttt.storage.players import Account

commands = typer.Typer(help="Look after the people on your server.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Name of the account or temporary user.")]


@commands.command(name="list")
def list_users(
    after: Annotated[str, typer.Option(help="Begin after this name.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many at the most.")] = 1000,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
) -> None:
    """List accounts and temporary users by name."""
    with known_failures():
        accounts = in_database(
            database_url, config, lambda c: players.listing(c, after.lower(), limit)
        )
    table = Table("name", "kind", "rating", "created", "last seen", box=None, pad_edge=False)
    for account in accounts:
        table.add_row(
            account.player.name,
            _kind(account),
            "" if account.rating is None else str(account.rating),
            _time(account.created_at),
            _time(account.seen_at),
        )
    print_table(table)
    if len(accounts) == limit:
        typer.echo(f"There may be more: uttt user list --after {accounts[-1].player.name}")


@commands.command()
def show(
    name: NameArgument, config: ConfigOption = None, database_url: DatabaseOption = None
) -> None:
    """Show what is stored about somebody, apart from secrets."""

    def look(connection: Connection) -> list[tuple[str, str]]:
        account = _find(connection, name)
        player_id = account.player.id
        rows = [
            ("name", account.player.name),
            ("kind", _kind(account)),
            ("created", _time(account.created_at)),
            ("last seen", _time(account.seen_at)),
            ("sessions", str(len(sessions.ids_of(connection, player_id)))),
            ("open matches", str(matches.open_count(connection, player_id))),
        ]
        standing = standings.rating_and_rank(connection, player_id)
        if standing is not None:
            friends = ", ".join(friend for friend, _ in friendships.of(connection, player_id))
            rows[2:2] = [("rating", str(standing[0])), ("rank", str(standing[1]))]
            rows.append(("friends", friends))
        return rows

    with known_failures():
        rows = in_database(database_url, config, look)
    table = Table(box=None, show_header=False, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    print_table(table)


@commands.command()
def delete(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
) -> None:
    """Delete somebody with his sessions, friends and matches. This cannot be undone."""
    if not yes:
        typer.confirm(f"Delete {name} with all matches, for good?", abort=True)

    def remove(connection: Connection) -> None:
        players.remove(connection, _find(connection, name).player.id)

    with known_failures():
        in_database(database_url, config, remove)
    typer.echo(f"{name.lower()} was deleted.")


@commands.command()
def set_password(
    name: NameArgument, config: ConfigOption = None, database_url: DatabaseOption = None
) -> None:
    """Give an account a new password and end all its sessions.

    The password is asked for twice, or read from standard input if that is not a terminal.
    """
    with known_failures():
        in_database(database_url, config, lambda c: _find_account(c, name))
    if sys.stdin.isatty():
        password = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not is_password(password):
        message = f"a password has 1 to {MAX_PASSWORD_LENGTH} characters"
        raise Failed(message)
    hashed = PasswordHasher().hash(password)

    def change(connection: Connection) -> None:
        account = _find_account(connection, name)
        players.set_password(connection, account.player.id, hashed)
        sessions.remove_all_of(connection, account.player.id)

    with known_failures():
        in_database(database_url, config, change)
    typer.echo(f"The password of {name.lower()} was changed, and all sessions were ended.")


def _find(connection: Connection, name: str) -> Account:
    folded = fold_name(name)
    account = players.find(connection, folded) if folded is not None else None
    if account is None:
        message = f"there is no user of the name {name!r}"
        raise Failed(message)
    return account


def _find_account(connection: Connection, name: str) -> Account:
    account = _find(connection, name)
    if not account.player.registered:
        message = f"{account.player.name} is a temporary user and has no password"
        raise Failed(message)
    if account.is_bot:
        message = f"{account.player.name} is a bot, and nobody logs in as one"
        raise Failed(message)
    return account


def _kind(account: Account) -> str:
    if account.is_bot:
        return "bot"
    return "account" if account.player.registered else "temporary"


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
