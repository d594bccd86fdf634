"""Statements about the accounts of bots. What makes an account a bot's is its password hash."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, or_, select, update

from uttt.domain.match import Player
from uttt.storage import standings
from uttt.storage.endings import lock_players
from uttt.storage.players import BOT, NameTaken, create, find
from uttt.storage.tables import matches, moves, players, seats

__all__ = ["NameTaken", "admit"]


def admit(connection: Connection, name: str, rating: int | None, now: int) -> Player | None:
    """Return the account of the bot of this name, made if need be; None if a person holds the name.

    With a `rating` the bot is rated, beginning with that one; without, it is on no ladder, and
    what it plays counts no longer. Raises NameTaken if somebody takes the name at the same time;
    then the transaction (or its savepoint) is of no use any more.
    """
    account = find(connection, name)
    if account is None:
        # accounts from the old server are known by their whole seconds; an odd time is none
        return create(connection, name, BOT, rating, now | 1)
    if not account.is_bot:
        return None
    player_id = account.player.id
    before = lock_players(connection, [player_id]).get(player_id)
    if (before is None) != (rating is None):
        _rate(connection, player_id, before, rating)
    mine = players.c.id == player_id
    connection.execute(update(players).where(mine, players.c.seen_at < now).values(seen_at=now))
    return account.player


def plies(connection: Connection, player_ids: Sequence[int]) -> dict[str, int | None]:
    """Return the next ply of each open match of these bots, by public id; None where no move is
    stored, so that the match stands as it began.
    """
    rows = connection.execute(
        select(matches.c.public_id, func.max(moves.c.ply))
        .select_from(seats.join(matches, matches.c.id == seats.c.match_id).outerjoin(moves))
        .where(seats.c.player_id.in_(player_ids), matches.c.result.is_(None))
        .group_by(matches.c.id, matches.c.public_id)
    )
    return {public_id: None if ply is None else ply + 1 for public_id, ply in rows}


def _rate(connection: Connection, player_id: int, before: int | None, rating: int | None) -> None:
    connection.execute(update(players).where(players.c.id == player_id).values(rating=rating))
    if rating is None:
        theirs = or_(matches.c.player_a == player_id, matches.c.player_b == player_id)
        still_open = matches.c.result.is_(None)
        connection.execute(update(matches).where(theirs, still_open).values(ranked=False))
    changes = {value: sign for value, sign in ((before, -1), (rating, 1)) if value is not None}
    standings.count(connection, changes)
