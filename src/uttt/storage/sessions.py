"""Statements about sessions."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from uttt.domain.match import Player
from uttt.storage.prepared import Prepared, PreparedForList
from uttt.storage.tables import players, sessions

_INSERT = Prepared(
    insert(sessions).values(
        token_hash=bindparam("token_hash"),
        player_id=bindparam("player_id"),
        created_at=bindparam("now"),
        seen_at=bindparam("now"),
    )
)
_FIND = Prepared(
    select(sessions.c.id, players.c.id, players.c.name, players.c.registered)
    .join(players, players.c.id == sessions.c.player_id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
)
_RENEW = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"))
    .values(seen_at=bindparam("now"))
)
_RENEW_PLAYER = Prepared(
    update(players).where(players.c.id == bindparam("player_id")).values(seen_at=bindparam("now"))
)


_TOUCH = PreparedForList(
    lambda ids: (
        update(sessions)
        .where(sessions.c.id.in_(ids), sessions.c.seen_at < bindparam("now"))
        .values(seen_at=bindparam("now"))
    )
)
_EXISTING = PreparedForList(lambda ids: select(sessions.c.id).where(sessions.c.id.in_(ids)))


class OwnerGone(Exception):
    """The player was deleted."""


def create(connection: Connection, player_id: int, token_hash: bytes, now: int) -> int:
    """Add a session and return its id.

    Raises OwnerGone, after which the transaction (or its savepoint) is of no use any more.
    """
    row = {"token_hash": token_hash, "player_id": player_id, "now": now}
    try:
        return _INSERT.insert(connection, row)
    except IntegrityError:
        raise OwnerGone from None


def renew(connection: Connection, token_hash: bytes, now: int) -> tuple[int, Player] | None:
    """Note activity of the session with this hash; return its id and player, None if
    there is none.
    """
    found = _FIND.rows(connection, {"token_hash": token_hash})
    if not found:
        return None
    session_id, player_id, name, registered = found[0]
    # the player first, as everybody has it, or two could wait for each other
    _RENEW_PLAYER.run(connection, {"player_id": player_id, "now": now})
    _RENEW.run(connection, {"session_id": session_id, "now": now})
    return session_id, Player(player_id, name, bool(registered))


def remove(connection: Connection, session_id: int) -> None:
    """Void a session."""
    connection.execute(delete(sessions).where(sessions.c.id == session_id))


def remove_all_of(connection: Connection, player_id: int) -> None:
    """Void all sessions of a player."""
    connection.execute(delete(sessions).where(sessions.c.player_id == player_id))


def ids_of(connection: Connection, player_id: int) -> list[int]:
    """Return the ids of the sessions of a player."""
    return list(connection.scalars(select(sessions.c.id).where(sessions.c.player_id == player_id)))


def touch(connection: Connection, session_ids: Sequence[int], now: int) -> set[int]:
    """Note activity of these sessions, at least one. Returns those among them that still exist."""
    _TOUCH.run(connection, session_ids, now=now)
    return {id_ for (id_,) in _EXISTING.rows(connection, session_ids)}


def remove_expired(connection: Connection, seen_until: int, limit: int) -> int:
    """Void up to `limit` sessions without activity after `seen_until`; return how many.

    Meant for sessions of accounts: a temporary user lives no longer than his session, and goes by
    `players.remove_if_expired`.
    """
    expired = (
        select(sessions.c.id)
        .join(players, players.c.id == sessions.c.player_id)
        .where(sessions.c.seen_at <= seen_until, players.c.registered.is_(True))
        .order_by(sessions.c.seen_at)
        .limit(limit)
    )
    ids = list(connection.scalars(expired))
    if ids:
        connection.execute(delete(sessions).where(sessions.c.id.in_(ids)))
    return len(ids)
