"""Statements about matches: making, reading, ending, and who is still to be told of them.

The one statement that is not here is the insertion of a move, which each database does in its own
fastest way (`append_move` of its module).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    Select,
    alias,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from uttt.domain import match as matches_domain
from uttt.domain import rating
from uttt.domain.events import Ended, Event, Outcome, Played, Result
from uttt.domain.match import Fixture, Match, Player
from uttt.rules.rulesets import RULESETS, Ruleset
from uttt.storage.tables import matches, moves, players, rating_changes, seats

NO_MOVE: Final = -1
"""In the column `moves.move`: the match ended at this ply without a move."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal appends: an event of a match, with what its ending needs."""

    fixture: Fixture
    event: Event
    elo_k: int

    @property
    def move(self) -> int:
        """The value of the column `moves.move`."""
        return self.event.move if isinstance(self.event, Played) else NO_MOVE


class PairIsPlaying(Exception):
    """The two have an open match with each other."""


class TooManyMatches(Exception):
    """The player `player_id` takes part in as many open matches as are allowed."""

    def __init__(self, player_id: int) -> None:
        super().__init__(player_id)
        self.player_id = player_id


class PlayerGone(Exception):
    """The player `player_id` was deleted."""

    def __init__(self, player_id: int) -> None:
        super().__init__(player_id)
        self.player_id = player_id


class NewMatch(NamedTuple):
    """A match that is to be made."""

    public_id: str
    ruleset: Ruleset
    players: tuple[Player, Player]
    created_at: int


def open_count(connection: Connection, player_id: int) -> int:
    """Return in how many open matches a player takes part."""
    count = connection.scalar(
        select(func.count())
        .select_from(seats.join(matches, matches.c.id == seats.c.match_id))
        .where(seats.c.player_id == player_id, matches.c.result.is_(None))
    )
    return count or 0


def open_match(connection: Connection, new: NewMatch, max_open: int) -> Match:
    """Make a match.

    Raises PlayerGone, TooManyMatches (for both player_a is looked at first) or PairIsPlaying.
    """
    first, second = new.players
    for player in new.players:
        if not connection.scalar(select(exists().where(players.c.id == player.id))):
            raise PlayerGone(player.id)
        if open_count(connection, player.id) >= max_open:
            raise TooManyMatches(player.id)
    pair = f"{min(first.id, second.id)}-{max(first.id, second.id)}"
    if connection.scalar(select(exists().where(matches.c.open_pair == pair))):
        raise PairIsPlaying
    ranked = first.registered and second.registered
    result = connection.execute(
        insert(matches).values(
            public_id=new.public_id,
            ruleset=new.ruleset.name,
            player_a=first.id,
            player_b=second.id,
            ranked=ranked,
            created_at=new.created_at,
            open_pair=pair,
            idle_since=new.created_at,
            rated=False,
        )
    )
    assert result.inserted_primary_key is not None  # noqa: S101 - for the type checker
    match_id: int = result.inserted_primary_key[0]
    connection.execute(
        insert(seats), [{"player_id": p.id, "match_id": match_id} for p in new.players]
    )
    fixture = Fixture(match_id, new.public_id, new.ruleset, new.players, ranked, new.created_at)
    return matches_domain.begin(fixture)


def finish(connection: Connection, entry: Entry) -> None:
    """Write the result of a match and, if it is rated, the ratings. Its last ply is in
    `moves` already.

    A match that was played to its end keeps the seats of its players until they have been told.
    """
    outcome = entry.event.outcome
    assert outcome is not None  # noqa: S101 - callers check
    match_id = entry.fixture.id
    to_be_told = outcome.result in (Result.WON, Result.DRAWN)
    connection.execute(
        update(matches)
        .where(matches.c.id == match_id)
        .values(
            result=outcome.result.value,
            winner=outcome.winner,
            rated=outcome.rated,
            ended_at=entry.event.at,
            open_pair=None,
            idle_since=entry.event.at if to_be_told else None,
        )
    )
    if not to_be_told:
        connection.execute(delete(seats).where(seats.c.match_id == match_id))
    if outcome.rated:
        _rate(connection, entry, outcome)


def _rate(connection: Connection, entry: Entry, outcome: Outcome) -> None:
    first, second = (player.id for player in entry.fixture.players)
    rows = connection.execute(
        select(players.c.id, players.c.rating)
        .where(players.c.id.in_((first, second)))
        .order_by(players.c.id)
        .with_for_update()
    )
    before = {row.id: row.rating for row in rows}
    score = 0.5 if outcome.winner is None else 1.0 - outcome.winner
    new_first, new_second = rating.updated(before[first], before[second], score, entry.elo_k)
    for player_id, after in ((first, new_first), (second, new_second)):
        connection.execute(
            insert(rating_changes).values(
                match_id=entry.fixture.id,
                player_id=player_id,
                rating_before=before[player_id],
                rating_after=after,
                at=entry.event.at,
            )
        )
        connection.execute(update(players).where(players.c.id == player_id).values(rating=after))


def forget_seats(connection: Connection, match_id: int, player_ids: Iterable[int]) -> None:
    """Note that these players know how the match ended."""
    connection.execute(
        delete(seats).where(seats.c.match_id == match_id, seats.c.player_id.in_(player_ids))
    )
    connection.execute(
        update(matches)
        .where(matches.c.id == match_id, ~exists().where(seats.c.match_id == match_id))
        .values(idle_since=None)
    )


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
    found = _replayed(connection, _fixtures().where(matches.c.public_id == public_id))
    return found[0] if found else None


def shown_to(connection: Connection, player_id: int) -> list[Match]:
    """Return the matches that a player is to be shown: open, or finished and not told of yet."""
    mine = select(seats.c.match_id).where(seats.c.player_id == player_id)
    return _replayed(connection, _fixtures().where(matches.c.id.in_(mine)))


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


def forget_all_seats(connection: Connection, match_id: int) -> None:
    """Give up telling anybody how a match ended."""
    connection.execute(delete(seats).where(seats.c.match_id == match_id))
    connection.execute(update(matches).where(matches.c.id == match_id).values(idle_since=None))


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
    )
    outcome = None
    if row.result is not None:
        outcome = Outcome(Result(row.result), row.winner, bool(row.rated))
    match = matches_domain.begin(fixture)
    last = len(played) - 1
    for ply, move, at in played:
        ending = outcome if ply == last else None
        event: Event
        if move == NO_MOVE:
            assert ending is not None, f"match {row.id} has no result"  # noqa: S101
            event = Ended(ply, at, ending)
        else:
            event = Played(ply, at, move, ending)
        match = matches_domain.evolve(match, event)
    return match
