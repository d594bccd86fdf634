"""Statements about players (accounts and temporary users) and their ratings."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from uttt.domain.match import Player
from uttt.storage import standings
from uttt.storage.endings import lock_free_players
from uttt.storage.prepared import Prepared, PreparedForList
from uttt.storage.tables import players

BOT: Final = "bot"
"""The password hash of a bot's account: no password matches it, and nobody else's is like it."""


class NameTaken(Exception):
    """Somebody else holds this name."""


class Account(NamedTuple):
    """What is known of a holder of a name. `password_hash` and `rating` are null for temporary
    users.
    """

    player: Player
    password_hash: str | None
    rating: int | None
    created_at: int
    seen_at: int

    @property
    def is_bot(self) -> bool:
        """Whether this is the account of a bot."""
        return self.password_hash == BOT


_COLUMNS = (
    players.c.id,
    players.c.name,
    players.c.registered,
    players.c.password_hash,
    players.c.rating,
    players.c.created_at,
    players.c.seen_at,
)


_FIND = Prepared(select(*_COLUMNS).where(players.c.name == bindparam("name")))
_FIND_ALL = PreparedForList(lambda names: select(*_COLUMNS).where(players.c.name.in_(names)))
_INSERT = Prepared(
    insert(players).values(
        name=bindparam("name"),
        registered=bindparam("registered"),
        password_hash=bindparam("password_hash"),
        rating=bindparam("rating"),
        created_at=bindparam("now"),
        seen_at=bindparam("now"),
    )
)


_TOUCH = PreparedForList(
    lambda ids: (
        update(players)
        .where(players.c.id.in_(ids), players.c.seen_at < bindparam("now"))
        .values(seen_at=bindparam("now"))
    )
)


def _account(row: Sequence[Any]) -> Account:
    id_, name, registered, password_hash, rating, created_at, seen_at = row
    player = Player(id_, name, bool(registered))
    return Account(player, password_hash, rating, created_at, seen_at)


def find(connection: Connection, name: str) -> Account | None:
    """Return the holder of a folded name, if there is one."""
    found = _FIND.rows(connection, {"name": name})
    return _account(found[0]) if found else None


def find_all(connection: Connection, names: Sequence[str]) -> dict[str, Account]:
    """Return by their names the holders of those of these folded names that somebody has."""
    found = [_account(row) for row in (_FIND_ALL.rows(connection, names) if names else ())]
    return {account.player.name: account for account in found}


def listing(connection: Connection, after: str, limit: int) -> list[Account]:
    """Return up to `limit` holders of names, in the order of names, after the name `after`."""
    rows = connection.execute(
        select(*_COLUMNS).where(players.c.name > after).order_by(players.c.name).limit(limit)
    )
    return [_account(row) for row in rows]


def create(
    connection: Connection, name: str, password_hash: str | None, rating: int | None, now: int
) -> Player:
    """Add a player; with a password hash an account, without one a temporary user.

    Raises NameTaken, after which the transaction (or its savepoint) is of no use any more.
    """
    registered = password_hash is not None
    row = {
        "name": name,
        "registered": registered,
        "password_hash": password_hash,
        "rating": rating,
        "now": now,
    }
    try:
        player_id = _INSERT.insert(connection, row)
    except IntegrityError:
        raise NameTaken(name) from None
    if rating is not None:
        standings.count(connection, {rating: 1})
    return Player(player_id, name, registered)


def set_password(connection: Connection, player_id: int, password_hash: str) -> None:
    """Replace the password hash of an account."""
    connection.execute(
        update(players).where(players.c.id == player_id).values(password_hash=password_hash)
    )


def remove(connection: Connection, player_id: int) -> None:
    """Delete a player with his sessions, friends (both directions) and matches."""
    remove_if_expired(connection, player_id, None)


def touch(connection: Connection, player_id: int, now: int) -> None:
    """Note activity of a player."""
    _TOUCH.run(connection, [player_id], now=now)


def touch_free(connection: Connection, player_ids: Iterable[int], now: int) -> set[int]:
    """Note activity of these players, less those whom somebody has locked or who are gone. Returns
    the ids of all others.
    """
    if free := lock_free_players(connection, player_ids):
        _TOUCH.run(connection, free, now=now)
    return set(free)


def expired(
    connection: Connection, *, registered: bool, seen_until: int, limit: int
) -> list[Player]:
    """Return up to `limit` accounts or temporary users without activity after `seen_until`. Bots
    need none.
    """
    rows = connection.execute(
        select(players.c.id, players.c.name)
        .where(
            and_(players.c.registered == registered, players.c.seen_at <= seen_until),
            players.c.password_hash.is_distinct_from(BOT),
        )
        .order_by(players.c.seen_at)
        .limit(limit)
    )
    return [Player(row.id, row.name, registered) for row in rows]


def remove_if_expired(connection: Connection, player_id: int, seen_until: int | None) -> bool:
    """Delete a player unless there was activity after `seen_until`. Returns whether he is gone.

    With None it is done in any case.
    """
    mine = players.c.id == player_id
    expired = mine if seen_until is None else and_(mine, players.c.seen_at <= seen_until)
    found = connection.execute(select(players.c.rating).where(expired).with_for_update()).first()
    if found is None:
        return False
    connection.execute(delete(players).where(mine))
    if found.rating is not None:
        standings.count(connection, {found.rating: -1})
    return True
