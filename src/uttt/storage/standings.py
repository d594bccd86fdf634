"""Statements about ratings among each other: rank, the best, and the numbers behind them.

`rating_counts` holds how many accounts have each rating. A rank is a sum over the few hundred
ratings that occur, whatever the number of accounts. Whoever makes, removes or rates an account
calls `count` in the same transaction.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Integer, bindparam, func, select, text

from uttt.storage.prepared import Prepared, PreparedForList
from uttt.storage.tables import players, rating_counts

_INSERT = "INSERT INTO rating_counts (rating, accounts) VALUES (:rating, :change) "
_ADD_WITH_CONFLICT = Prepared(
    text(
        _INSERT + "ON CONFLICT (rating) DO UPDATE SET accounts = "
        "rating_counts.accounts + excluded.accounts"
    )
)
_ADD = {
    "mysql": Prepared(
        text(_INSERT + "ON DUPLICATE KEY UPDATE accounts = accounts + VALUES(accounts)")
    ),
    "sqlite": _ADD_WITH_CONFLICT,
    "postgresql": _ADD_WITH_CONFLICT,
}
_HIGHER = (
    select(func.sum(rating_counts.c.accounts))
    .where(rating_counts.c.rating > players.c.rating)
    .scalar_subquery()
)
_STANDINGS = PreparedForList(
    lambda ids: select(players.c.id, players.c.rating, _HIGHER).where(
        players.c.id.in_(ids), players.c.rating.is_not(None)
    )
)
_TOP = Prepared(
    select(players.c.name, players.c.rating)
    .where(players.c.rating.is_not(None))
    # the order of the index and nothing more: however many are equal, nothing is sorted
    .order_by(players.c.rating.desc())
    .limit(bindparam("limit", type_=Integer))
)


def count(connection: Connection, changes: Mapping[int, int]) -> None:
    """Add to the numbers of accounts: by rating, how many more (or fewer) have it.

    Hold no other lock that somebody with a lock on a rating waits for: call it last.
    """
    rows = [  # in one order everywhere, so that two nodes cannot wait for each other
        {"rating": rating, "change": changes[rating]} for rating in sorted(changes)
    ]
    rows = [row for row in rows if row["change"]]
    if rows:
        _ADD[connection.dialect.name].run_each(connection, rows)


def ratings_and_ranks(
    connection: Connection, player_ids: Sequence[int]
) -> dict[int, tuple[int, int]]:
    """Return by id the rating and the rank of those who have one. The rank is 1 + the accounts with
    a strictly higher rating.
    """
    rows = _STANDINGS.rows(connection, player_ids) if player_ids else ()
    return {id_: (rating, 1 + int(higher or 0)) for id_, rating, higher in rows}


def rating_and_rank(connection: Connection, player_id: int) -> tuple[int, int] | None:
    """Return the rating of an account and its rank; None if it has none."""
    return ratings_and_ranks(connection, [player_id]).get(player_id)


def top(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """Return names and ratings of the best accounts, ratings descending."""
    return [(name, rating) for name, rating in _TOP.rows(connection, {"limit": limit})]


def recount(connection: Connection) -> None:
    """Count all accounts anew, for those who have written `players` without `count`."""
    connection.execute(rating_counts.delete())
    connection.execute(
        rating_counts.insert().from_select(
            ["rating", "accounts"],
            select(players.c.rating, func.count())
            .where(players.c.rating.is_not(None))
            .group_by(players.c.rating),
        )
    )
