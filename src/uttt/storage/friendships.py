"""Statements about friend lists."""

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from uttt.storage.prepared import Prepared
from uttt.storage.tables import friends, players

_OF = Prepared(
    select(players.c.name, players.c.rating)
    .join(friends, friends.c.friend_id == players.c.id)
    .where(friends.c.player_id == bindparam("player_id"))
    .order_by(players.c.name)
)


def add(connection: Connection, player_id: int, friend_id: int) -> bool:
    """Put `friend_id` into the list of `player_id`. Returns False if he was in it already."""
    try:
        with connection.begin_nested():
            connection.execute(insert(friends).values(player_id=player_id, friend_id=friend_id))
    except IntegrityError:
        return False
    return True


def remove(connection: Connection, player_id: int, friend_name: str) -> bool:
    """Take somebody out of the list of `player_id`. Returns False if he was not in it."""
    friend_id = select(players.c.id).where(players.c.name == friend_name).scalar_subquery()
    result = connection.execute(
        delete(friends).where(friends.c.player_id == player_id, friends.c.friend_id == friend_id)
    )
    return result.rowcount > 0


def of(connection: Connection, player_id: int) -> list[tuple[str, int | None]]:
    """Return names and ratings of the friends of `player_id`, by name. Bots may have no rating."""
    return [(name, rating) for name, rating in _OF.rows(connection, {"player_id": player_id})]
