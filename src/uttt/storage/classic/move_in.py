"""The whole import, in its order, as one transaction of ours."""

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from uttt.storage import backends, nodes, schema, standings
from uttt.storage.classic import accounts, brought, friends, guests
from uttt.storage.classic.matches import Matches
from uttt.storage.classic.source import Source
from uttt.storage.classic.tally import Tallies, Terms


class ServerRuns(Exception):
    """A server of ours runs on the database. It would not see what we change."""


def move_in(url: URL, source: Source, terms: Terms) -> Tallies:
    """Bring everything from the old server that is not here yet. All or nothing, but for tables,
    which an empty database gets first.

    What is here and was not used since is changed to what the source says now; what was used here
    is left alone. Raises SourceFailed, ServerRuns,
    SchemaMismatch or Unavailable.
    """
    is_open = backends.exists(url) and backends.is_open_elsewhere(url)
    tallies = Tallies()

    def change(connection: Connection) -> None:
        serving = () if is_open is not None else nodes.serving(connection, terms.now)
        if is_open or serving:
            names = ", ".join(node.address for node in serving)
            raise ServerRuns(names or "a program has the file open")
        _move_in(connection, source, terms, tallies)

    # by itself: MariaDB commits tables one by one, and would keep half of them if we were killed
    schema.prepare(url)
    schema.run(url, change)
    return tallies


def _move_in(connection: Connection, source: Source, terms: Terms, tallies: Tallies) -> None:
    reopened = brought.reopen(connection)
    accounts.bring(connection, source, terms, tallies)
    guests.bring(connection, source, terms, tallies)
    friends.bring(connection, source, terms, tallies)
    Matches(connection, terms, tallies.matches, reopened).bring(source)
    standings.recount(connection)
