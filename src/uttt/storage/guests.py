"""Statements that make temporary users, each with a session: one, or several at once."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from uttt.storage import players, sessions
from uttt.storage.prepared import Prepared, PreparedInsertion
from uttt.storage.tables import players as players_table
from uttt.storage.tables import sessions as sessions_table
from uttt.storage.work import Newcomer

Ids = tuple[int, int]
"""Of a player and of his session."""


_LOCK_NAME = Prepared(
    select(players_table.c.id)
    .where(players_table.c.name == bindparam("name"))
    .with_for_update(key_share=True, nowait=True)
)
_INSERT_PLAYERS = PreparedInsertion(players_table, "name", "id")
_INSERT_SESSIONS = PreparedInsertion(sessions_table, "player_id", "id")


def create(connection: Connection, newcomer: Newcomer) -> Ids:
    """Make one.

    Raises NameTaken, after which the transaction (or its savepoint) is of no use any more.
    """
    name, token_hash, now = newcomer
    player = players.create(connection, name, None, None, now)
    return player.id, sessions.create(connection, player.id, token_hash, now)


def create_without_waiting(connection: Connection, newcomer: Newcomer) -> Ids:
    """Make one; in MariaDB and MySQL without waiting for somebody who is just making the same name,
    since there all wait for who waits whose names come just before it in the alphabet.

    Raises as `create` does, and DBAPIError if the name is locked.
    """
    if players.find(connection, newcomer.name) is not None:
        raise players.NameTaken(newcomer.name)
    _LOCK_NAME.rows(connection, {"name": newcomer.name})
    return create(connection, newcomer)


def create_all(connection: Connection, newcomers: Sequence[Newcomer]) -> list[Ids]:
    """Make several, with two statements; for databases that return what they insert.

    Raises IntegrityError if a name is taken or there twice, after which the transaction (or its
    savepoint) is of no use any more.
    """
    ordered = sorted(newcomers)  # by name: no deadlock with another node
    guests = [
        {"name": name, "registered": False, "created_at": now, "seen_at": now}
        for name, _, now in ordered
    ]
    players_of = dict(_INSERT_PLAYERS.rows(connection, guests))
    theirs = [
        {"player_id": players_of[name], "token_hash": hash_, "created_at": now, "seen_at": now}
        for name, hash_, now in ordered
    ]
    sessions_of = dict(_INSERT_SESSIONS.rows(connection, theirs))
    return [(players_of[name], sessions_of[players_of[name]]) for name, _, _ in newcomers]
