"""Matches that earlier imports have brought: finding them here, and taking back their effect."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, bindparam, delete, exists, func, select, update

from uttt.domain import classic
from uttt.domain.events import Result
from uttt.storage.classic import residents
from uttt.storage.classic.wanted import Wanted
from uttt.storage.tables import matches, moves, players, rating_changes, seats
from uttt.storage.work import NO_MOVE

_PLAYED_TO_THE_END = (Result.WON, Result.DRAWN)
_TAKE_BACK = (
    update(players)
    .where(players.c.id == bindparam("key"))
    .values(rating=players.c.rating - bindparam("gain"))
)


class Match(NamedTuple):
    """A match that is here, brought or not."""

    columns: Mapping[str, Any]
    """The row of `matches`."""
    moves: Sequence[int]
    """The column `moves.move` of its journal."""
    seats: set[int]
    """The players who are to be shown it."""

    @property
    def id(self) -> int:
        """The id in our tables."""
        return int(self.columns["id"])

    @property
    def public_id(self) -> str:
        """The id that clients see."""
        return str(self.columns["public_id"])

    @property
    def open_pair(self) -> str | None:
        """Its pair, if it is open."""
        pair: str | None = self.columns["open_pair"]
        return pair

    @property
    def result(self) -> str | None:
        """How it ended."""
        result: str | None = self.columns["result"]
        return result

    @property
    def was_brought(self) -> bool:
        """Whether it came from the old server and nobody has moved or ended it here."""
        if self.columns["setup"] is None:
            return False
        if self.result is None:
            return not self.moves
        return self.result in _PLAYED_TO_THE_END and self.moves == [NO_MOVE]

    @property
    def may_go(self) -> bool:
        """Whether nothing has come of it here: no move, no rating, and somebody is to be told."""
        return self.was_brought and bool(self.seats) and not self.columns["has_changed_ratings"]

    def is_still(self, wanted: Wanted) -> bool:
        """Whether it is as it is to be."""
        as_wanted = all(self.columns[name] == value for name, value in wanted.columns.items())
        return as_wanted and self.seats == wanted.seats


def find(connection: Connection, column: Column[Any], values: Iterable[object]) -> Iterator[Match]:
    """Return the matches that have one of these values in a column of `matches`."""
    rated = exists().where(rating_changes.c.match_id == matches.c.id).label("has_changed_ratings")
    for piece in residents.pieces(sorted(set(values))):  # type: ignore[type-var]
        rows = connection.execute(select(matches, rated).where(column.in_(piece))).mappings().all()
        ids = [row["id"] for row in rows]
        journal: defaultdict[int, list[int]] = defaultdict(list)
        seated: defaultdict[int, set[int]] = defaultdict(set)
        if ids:
            played = select(moves.c.match_id, moves.c.move).where(moves.c.match_id.in_(ids))
            for match_id, move in connection.execute(played.order_by(moves.c.ply)):
                journal[match_id].append(move)
            sitting = select(seats.c.match_id, seats.c.player_id).where(seats.c.match_id.in_(ids))
            for match_id, player_id in connection.execute(sitting):
                seated[match_id].add(player_id)
        for row in rows:
            yield Match(dict(row), journal[row["id"]], seated[row["id"]])


class _Rated(NamedTuple):
    """A match that an earlier import has ended and rated."""

    id: int
    public_id: str
    players: tuple[int, int]
    untold: int


def reopen(connection: Connection) -> set[str]:
    """Take back the ends, and the ratings, that an earlier import gave to matches of which the old
    server had missed the end, so that they can be given anew on the ratings that it has now.

    That is done by removing them: they come again. Not where somebody was told of the end or
    the rating here, nor where later ratings rest on it. Returns the public ids of those removed.
    """
    candidates = _ended_and_rated(connection)
    fixed = _fixed(connection, candidates)
    while True:
        kept = [m for m in candidates if m.untold == len(m.players) and fixed.isdisjoint(m.players)]
        if len(kept) == len(candidates):
            break
        for match in candidates:
            if match not in kept:
                fixed.update(match.players)
        candidates = kept
    for piece in residents.pieces([match.id for match in candidates]):
        _take_back_ratings(connection, piece)
        connection.execute(delete(matches).where(matches.c.id.in_(piece)))
    return {match.public_id for match in candidates}


def _ended_and_rated(connection: Connection) -> list[_Rated]:
    mine = rating_changes.c.match_id == matches.c.id
    without_move = exists().where(moves.c.match_id == matches.c.id, moves.c.move == NO_MOVE)
    untold = (
        select(func.count())
        .select_from(seats)
        .where(seats.c.match_id == matches.c.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(matches.c.id, matches.c.public_id, matches.c.player_a, matches.c.player_b, untold)
        .where(matches.c.setup.is_not(None), matches.c.result.in_(_PLAYED_TO_THE_END))
        .where(exists().where(mine), without_move)
    )
    return [_Rated(id_, public_id, (a, b), count) for id_, public_id, a, b, count in rows]


def _fixed(connection: Connection, candidates: Sequence[_Rated]) -> set[int]:
    """Return the players whose rating must stay: they were rated here, or have logged in."""
    ended = {match.id for match in candidates}
    fixed: set[int] = set()
    for piece in residents.pieces(sorted({id_ for match in candidates for id_ in match.players})):
        changes = select(rating_changes.c.player_id, rating_changes.c.match_id)
        rows = connection.execute(changes.where(rating_changes.c.player_id.in_(piece)))
        fixed.update(row.player_id for row in rows if row.match_id not in ended)
        hashes = select(players.c.id, players.c.password_hash).where(players.c.id.in_(piece))
        fixed.update(
            row.id
            for row in connection.execute(hashes)
            if not classic.is_classic(row.password_hash)
        )
    return fixed


def _take_back_ratings(connection: Connection, match_ids: Sequence[int]) -> None:
    query = select(rating_changes).where(rating_changes.c.match_id.in_(match_ids))
    connection.execute(
        _TAKE_BACK,
        [
            {"key": row.player_id, "gain": row.rating_after - row.rating_before}
            for row in connection.execute(query).all()
        ],
    )
