"""Statements about matches: reading them. How they begin is in `openings.py`, how they end in
`endings.py`.

The one statement that is neither here nor there is the insertion of a move, which each database
does in its own fastest way (in the module of its name).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    alias,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from uttt.domain import match as matches_domain
from uttt.domain.events import Ended, Event, Outcome, Played, Result
from uttt.domain.match import Fixture, Match, Player
from uttt.rules.notation import parse_setup
from uttt.rules.rulesets import RULESETS
from uttt.storage.prepared import Prepared
from uttt.storage.tables import matches, moves, players, seats
from uttt.storage.work import NO_MOVE


def open_count(connection: Connection, player_id: int) -> int:
    """Return in how many open matches a player takes part."""
    count = connection.scalar(
        select(func.count())
        .select_from(seats.join(matches, matches.c.id == seats.c.match_id))
        .where(seats.c.player_id == player_id, matches.c.result.is_(None))
    )
    return count or 0


_SEATS = Prepared(select(seats.c.match_id).where(seats.c.player_id == bindparam("player_id")))

_PUBLIC_ID = re.compile(r"[!-~]{1,32}")
_player_a = alias(players, "a")
_player_b = alias(players, "b")


def _fixtures() -> Select[Any]:
    return (
        select(
            matches,
            _player_a.c.name.label("name_a"),
            _player_a.c.registered.label("registered_a"),
            _player_b.c.name.label("name_b"),
            _player_b.c.registered.label("registered_b"),
        )
        .join(_player_a, _player_a.c.id == matches.c.player_a)
        .join(_player_b, _player_b.c.id == matches.c.player_b)
    )


def find(connection: Connection, public_id: str) -> Match | None:
    """Return the match with this public id as it stands; None if there is none."""
    if not _PUBLIC_ID.fullmatch(public_id):
        return None  # databases differ on what such a text is equal to, and some refuse it
    found = _replayed(connection, _fixtures().where(matches.c.public_id == public_id))
    return found[0] if found else None


def has_seats(connection: Connection, player_id: int) -> bool:
    """Whether there are matches that a player is to be shown."""
    return bool(_SEATS.rows(connection, {"player_id": player_id}))


def shown_to(connection: Connection, player_id: int) -> list[Match]:
    """Return the matches that a player is to be shown: open, or finished and not told of yet."""
    if not has_seats(connection, player_id):
        return []  # which is so for nearly all
    return shown_to_any(connection, [player_id])


def shown_to_any(connection: Connection, player_ids: Sequence[int]) -> list[Match]:
    """Return the matches that at least one of these players is to be shown."""
    theirs = select(seats.c.match_id).where(seats.c.player_id.in_(player_ids))
    return _replayed(connection, _fixtures().where(matches.c.id.in_(theirs)))


def open_of(connection: Connection, player_id: int) -> list[Match]:
    """Return the open matches of a player."""
    return [match for match in shown_to(connection, player_id) if match.outcome is None]


def idle(connection: Connection, idle_until: int, limit: int) -> list[Match]:
    """Return up to `limit` matches that may have been idle since `idle_until`.

    `idle_since` is not written at each move: the caller looks at `Match.active_at` and either
    expires the match or calls `note_activity`.
    """
    ids = (
        select(matches.c.id)
        .where(matches.c.idle_since <= idle_until)
        .order_by(matches.c.idle_since)
        .limit(limit)
    )
    candidates = list(connection.scalars(ids))
    return _replayed(connection, _fixtures().where(matches.c.id.in_(candidates)))


def note_activity(connection: Connection, match_id: int, active_at: int) -> None:
    """Note that an open match had activity at `active_at`."""
    connection.execute(
        update(matches)
        .where(matches.c.id == match_id, matches.c.idle_since < active_at)
        .values(idle_since=active_at)
    )


def find_all(connection: Connection, public_ids: Sequence[str]) -> list[Match]:
    """Return those of these matches that exist, as they stand."""
    return _replayed(connection, _fixtures().where(matches.c.public_id.in_(public_ids)))


def moves_of(connection: Connection, match_id: int) -> list[int]:
    """Return the moves of a match, 0..80, from the beginning or from its setup on."""
    query = select(moves.c.move).where(moves.c.match_id == match_id, moves.c.move != NO_MOVE)
    return list(connection.scalars(query.order_by(moves.c.ply)))


def purge_finished(
    connection: Connection, player_id: int, limit: int, unless_seen_after: int | None
) -> int:
    """Delete up to `limit` matches of a player who is to be deleted, of those that ended and that
    all know of; return how many.

    With `unless_seen_after` none if there was activity of his after that time.
    """
    theirs = or_(matches.c.player_a == player_id, matches.c.player_b == player_id)
    ids = (
        select(matches.c.id)
        .where(theirs, matches.c.result.is_not(None), matches.c.idle_since.is_(None))
        .limit(limit)
    )
    if unless_seen_after is not None:
        mine = and_(players.c.id == player_id, players.c.seen_at <= unless_seen_after)
        ids = ids.where(exists().where(mine))
    found = list(connection.scalars(ids))
    if found:
        connection.execute(delete(matches).where(matches.c.id.in_(found)))
    return len(found)


def _replayed(connection: Connection, query: Select[Any]) -> list[Match]:
    rows = connection.execute(query).all()
    played: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    ids: Sequence[int] = [row.id for row in rows]
    journal = (
        select(moves.c.match_id, moves.c.ply, moves.c.move, moves.c.at)
        .where(moves.c.match_id.in_(ids))
        .order_by(moves.c.match_id, moves.c.ply)
    )
    for match_id, ply, move, at in connection.execute(journal) if ids else ():
        played[match_id].append((ply, move, at))
    return [_replay(row, played[row.id]) for row in rows]


def _replay(row: Row[Any], played: list[tuple[int, int, int]]) -> Match:
    fixture = Fixture(
        row.id,
        row.public_id,
        RULESETS[row.ruleset],
        (
            Player(row.player_a, row.name_a, bool(row.registered_a)),
            Player(row.player_b, row.name_b, bool(row.registered_b)),
        ),
        bool(row.ranked),
        row.created_at,
        None if row.setup is None else parse_setup(row.setup),
    )
    outcome = None
    if row.result is not None:
        outcome = Outcome(Result(row.result), row.winner, bool(row.rated))
    match = matches_domain.begin(fixture)
    for ply, move, at in played:
        ending = outcome if ply == played[-1][0] else None
        event: Event
        if move == NO_MOVE:
            assert ending is not None, f"match {row.id} has no result"  # noqa: S101
            event = Ended(ply, at, ending)
        else:
            event = Played(ply, at, move, ending)
        match = matches_domain.evolve(match, event)
    return match
