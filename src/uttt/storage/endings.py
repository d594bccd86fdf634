"""Statements that end matches: results, ratings, and who is still to be told.

Called in the transaction that has inserted the last row of the match into `moves`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from uttt.domain import rating
from uttt.domain.events import Result
from uttt.storage import standings
from uttt.storage.prepared import Prepared, PreparedForList
from uttt.storage.tables import matches, players, rating_changes, seats
from uttt.storage.work import Entry

_TO_BE_TOLD = (Result.WON, Result.DRAWN)


def _locking_players(*, skip_locked: bool) -> PreparedForList:
    return PreparedForList(
        lambda ids: (
            select(players.c.id, players.c.rating)
            .where(players.c.id.in_(ids))
            .order_by(players.c.id)
            .with_for_update(key_share=True, skip_locked=skip_locked)
        )
    )


_LOCK_PLAYERS = _locking_players(skip_locked=False)
_LOCK_FREE_PLAYERS = _locking_players(skip_locked=True)
_LOCK_MATCHES = PreparedForList(
    lambda ids: (
        select(matches.c.id)
        .where(matches.c.id.in_(ids))
        .order_by(matches.c.id)
        .with_for_update(key_share=True)
    )
)
_END = Prepared(
    update(matches)
    .where(matches.c.id == bindparam("match_id"))
    .values(
        result=bindparam("new_result"),
        winner=bindparam("new_winner"),
        rated=bindparam("new_rated"),
        ended_at=bindparam("new_ended_at"),
        idle_since=bindparam("new_idle_since"),
        open_pair=None,
    )
)
_CLEAR_SEATS = PreparedForList(lambda ids: delete(seats).where(seats.c.match_id.in_(ids)))
_NOTE_CHANGE = Prepared(
    insert(rating_changes).values({column: bindparam(column.name) for column in rating_changes.c})
)
_RATE = Prepared(
    update(players).where(players.c.id == bindparam("player_id")).values(rating=bindparam("after"))
)
_TAKE_SEAT = Prepared(
    delete(seats).where(
        seats.c.match_id == bindparam("match_id"), seats.c.player_id == bindparam("player_id")
    )
)
_REST_IF_TOLD = PreparedForList(
    lambda ids: (
        update(matches)
        .where(matches.c.id.in_(ids), ~exists().where(seats.c.match_id == matches.c.id))
        .values(idle_since=None)
    )
)


def lock_players(connection: Connection, player_ids: Iterable[int]) -> dict[int, int | None]:
    """Keep others from rating or deleting these players until the transaction ends.

    Returns the ratings of those who exist. Whoever locks players does so before anything else, and
    in the order of their ids, so that no two transactions wait for each other.
    """
    ids = sorted(set(player_ids))
    return dict(_LOCK_PLAYERS.rows(connection, ids)) if ids else {}


def lock_free_players(connection: Connection, player_ids: Iterable[int]) -> list[int]:
    """The same without waiting for those whom somebody has locked; returns the ids of all others.

    For what need not be done now: who waits keeps those waiting whom he has locked already.
    """
    ids = sorted(set(player_ids))
    return [id_ for id_, _ in _LOCK_FREE_PLAYERS.rows(connection, ids)] if ids else []


def lock_rated(connection: Connection, entries: Iterable[Entry]) -> dict[int, int | None]:
    """The same for the players whose ratings these events change."""
    rated = [e for e in entries if e.event.outcome is not None and e.event.outcome.rated]
    return lock_players(connection, (p.id for entry in rated for p in entry.fixture.players))


def lock_matches(connection: Connection, match_ids: Iterable[int]) -> set[int]:
    """Keep others from ending or deleting these matches until the transaction ends. To be called
    after `lock_players`. Returns the ids of those that exist.
    """
    ids = sorted(set(match_ids))
    return {id_ for (id_,) in _LOCK_MATCHES.rows(connection, ids)} if ids else set()


def finish(
    connection: Connection, entries: Sequence[Entry], ratings: Mapping[int, int | None]
) -> None:
    """Write the results of matches and, of those that are rated, the ratings.

    `ratings` are those that `lock_players` has returned. A match that was played to its end keeps
    the seats of its players until they have been told.
    """
    if not entries:
        return
    _END.run_each(connection, [_ending(entry) for entry in entries])
    silent = [e.fixture.id for e in entries if _result(e) not in _TO_BE_TOLD]
    if silent:
        _CLEAR_SEATS.run(connection, silent)
    changes = _rate(entries, ratings)
    if not changes:
        return
    _NOTE_CHANGE.run_each(connection, changes)
    after = {change["player_id"]: change["rating_after"] for change in changes}
    _RATE.run_each(connection, [{"player_id": id_, "after": after[id_]} for id_ in sorted(after)])
    counted: Counter[int] = Counter()
    for change in changes:
        counted[change["rating_after"]] += 1
        counted[change["rating_before"]] -= 1
    standings.count(connection, counted)


def _result(entry: Entry) -> Result:
    assert entry.event.outcome is not None  # noqa: S101 - callers check
    return entry.event.outcome.result


def _ending(entry: Entry) -> dict[str, Any]:
    outcome = entry.event.outcome
    assert outcome is not None  # noqa: S101 - callers check
    return {
        "match_id": entry.fixture.id,
        "new_result": outcome.result.value,
        "new_winner": outcome.winner,
        "new_rated": outcome.rated,
        "new_ended_at": entry.event.at,
        "new_idle_since": entry.event.at if outcome.result in _TO_BE_TOLD else None,
    }


def _rate(entries: Sequence[Entry], ratings: Mapping[int, int | None]) -> list[dict[str, int]]:
    """Return the rows of `rating_changes`; several matches of one player count one after the
    other.
    """
    now = dict(ratings)
    changes = []
    for entry in entries:
        outcome = entry.event.outcome
        assert outcome is not None  # noqa: S101 - callers check
        if not outcome.rated:
            continue
        first, second = (player.id for player in entry.fixture.players)
        before_first, before_second = now[first], now[second]
        if before_first is None or before_second is None:
            continue  # a bot whose host has just decided that it plays unrated
        score = 0.5 if outcome.winner is None else 1.0 - outcome.winner
        after = rating.updated(before_first, before_second, score, entry.elo_k)
        for player_id, old, new in zip(
            (first, second), (before_first, before_second), after, strict=True
        ):
            now[player_id] = new
            changes.append(
                {
                    "match_id": entry.fixture.id,
                    "player_id": player_id,
                    "rating_before": old,
                    "rating_after": new,
                    "at": entry.event.at,
                }
            )
    return changes


def forget_seats(connection: Connection, told: Iterable[tuple[int, int]]) -> None:
    """Note which players know how which matches ended: pairs of match id and player id."""
    told = sorted(set(told))
    match_ids = lock_matches(connection, (match_id for match_id, _ in told))
    # each by its key: MariaDB would look through, and wait for, all seats for many matches at once
    _TAKE_SEAT.run_each(connection, [{"match_id": m, "player_id": p} for m, p in told])
    if match_ids:
        _REST_IF_TOLD.run(connection, sorted(match_ids))


def forget_all_seats(connection: Connection, match_id: int) -> None:
    """Give up telling anybody how a match ended."""
    connection.execute(delete(seats).where(seats.c.match_id == match_id))
    connection.execute(update(matches).where(matches.c.id == match_id).values(idle_since=None))
