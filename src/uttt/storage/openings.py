"""Statements that make matches: one, or several at once."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from uttt.domain import match as matches_domain
from uttt.domain.match import Fixture, Match, Player
from uttt.rules.notation import format_position
from uttt.storage import players
from uttt.storage.endings import lock_free_players, lock_players
from uttt.storage.failures import Locked
from uttt.storage.prepared import Prepared, PreparedForList, PreparedInsertion
from uttt.storage.tables import matches, seats
from uttt.storage.work import NewMatch


class NoSuchPlayer(Exception):
    """Nobody has the name of the opponent."""


class BotIsAway(Exception):
    """The opponent is a bot that does not play here."""


class PlayerGone(Exception):
    """The player `player_id` was deleted."""

    def __init__(self, player_id: int) -> None:
        super().__init__(player_id)
        self.player_id = player_id


class TooManyMatches(Exception):
    """The player `player_id` takes part in as many open matches as are allowed."""

    def __init__(self, player_id: int) -> None:
        super().__init__(player_id)
        self.player_id = player_id


class PairIsPlaying(Exception):
    """The two have an open match with each other."""


Refusal = NoSuchPlayer | BotIsAway | PlayerGone | TooManyMatches | PairIsPlaying


class _Wanted(NamedTuple):
    """A new match whose players are known."""

    new: NewMatch
    players: tuple[Player, Player]

    @property
    def pair(self) -> str:
        """What `matches.open_pair` says while it is open."""
        one, two = sorted(player.id for player in self.players)
        return f"{one}-{two}"

    @property
    def is_ranked(self) -> bool:
        """Whether it counts for ratings."""
        counts = self.new.bots_count or not any(p.id in self.new.bots for p in self.players)
        return counts and all(player.registered for player in self.players)


_OPEN_PAIRS = PreparedForList(
    lambda ids: (
        select(seats.c.player_id, matches.c.open_pair)
        .join(matches, matches.c.id == seats.c.match_id)
        .where(seats.c.player_id.in_(ids), matches.c.result.is_(None))
    )
)
_COLUMNS = (
    "public_id", "ruleset", "player_a", "player_b", "ranked", "created_at", "open_pair",
    "idle_since", "rated", "setup",
)  # fmt: skip
_INSERT = Prepared(insert(matches).values({name: bindparam(name) for name in _COLUMNS}))
_INSERT_SEVERAL = PreparedInsertion(matches, "public_id", "id")
_TAKE_SEATS = PreparedInsertion(seats)


class _Open:
    """The open matches of some players, to whom nobody else can give new ones meanwhile."""

    def __init__(self, connection: Connection, player_ids: Collection[int], *, wait: bool) -> None:
        """`wait` for players whom somebody has locked."""
        ids = sorted(set(player_ids))
        lock = lock_players if wait else lock_free_players
        self._locked = set(lock(connection, ids))
        self._waits = wait
        playing = _OPEN_PAIRS.rows(connection, ids) if ids else ()
        self._number = Counter(player_id for player_id, _ in playing)
        self._pairs = {pair for _, pair in playing}

    def add(self, wanted: _Wanted) -> _Wanted | Refusal | Locked:
        """Return it, and from now on it is among them; or why it cannot be made."""
        new, pair = wanted.new, wanted.pair
        for player in wanted.players:
            if player.id not in self._locked:
                return (
                    PlayerGone(player.id) if self._waits else Locked("somebody has a player locked")
                )
            if self._number[player.id] >= new.bots.get(player.id, new.max_open):
                return TooManyMatches(player.id)
        if pair in self._pairs:
            return PairIsPlaying()
        self._number.update(player.id for player in wanted.players)
        self._pairs.add(pair)
        return wanted


def open_match(connection: Connection, new: NewMatch) -> Match:
    """Make a match. Raises what `Refusal` says: of both players, who begins is looked at first."""
    (outcome,) = _open(connection, [new], wait=True)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def open_all(
    connection: Connection, news: Sequence[NewMatch]
) -> Sequence[Match | Refusal | Locked]:
    """Make several matches, with as many statements as for one if the database returns what it
    inserts. Return each, or why it could not be made, which costs the others nothing; of several
    that exclude each other the first one is made.

    Waits for no player whom somebody has locked, since it would keep those waiting whom it has
    locked itself: what wants him is Locked, and for `open_match`. So is what wants somebody who is
    gone.
    """
    return _open(connection, news, wait=False)


def _open(
    connection: Connection, news: Sequence[NewMatch], *, wait: bool
) -> list[Match | Refusal | Locked]:
    found = _with_players(connection, news)
    named = [one for one in found if isinstance(one, _Wanted)]
    ids = [player.id for wanted in named for player in wanted.players]
    open_ = _Open(connection, ids, wait=wait)
    outcomes = [open_.add(one) if isinstance(one, _Wanted) else one for one in found]
    made = _insert(connection, [_row(one) for one in outcomes if isinstance(one, _Wanted)])
    return [_begun(one, made) if isinstance(one, _Wanted) else one for one in outcomes]


def _with_players(connection: Connection, news: Sequence[NewMatch]) -> list[_Wanted | Refusal]:
    """Find the opponents who are called by their names."""
    names = {opponent for _, opponent in (new.players for new in news) if isinstance(opponent, str)}
    accounts = players.find_all(connection, sorted(names))
    found: list[_Wanted | Refusal] = []
    for new in news:
        first, second = new.players
        if isinstance(second, Player):
            found.append(_Wanted(new, (first, second)))
        elif second not in accounts:
            found.append(NoSuchPlayer())
        elif accounts[second].is_bot and accounts[second].player.id not in new.bots:
            found.append(BotIsAway())
        else:
            found.append(_Wanted(new, (first, accounts[second].player)))
    return found


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Insert matches and the seats of their players; return ids by public ids."""
    if not rows:
        return {}
    # in this order another node, too, inserts into the index, where MariaDB locks what lies between
    rows.sort(key=lambda row: row["open_pair"])
    if len(rows) > 1 and connection.dialect.insert_returning:
        ids = dict(_INSERT_SEVERAL.rows(connection, rows))
    else:
        ids = {row["public_id"]: _INSERT.insert(connection, row) for row in rows}
    taken = [
        {"player_id": row[player], "match_id": ids[row["public_id"]]}
        for row in rows
        for player in ("player_a", "player_b")
    ]
    _TAKE_SEATS.run(connection, taken)
    return ids


def _row(wanted: _Wanted) -> dict[str, Any]:
    new, (first, second) = wanted
    setup = None if new.setup is None else format_position(new.setup)
    values = (
        new.public_id, new.ruleset.name, first.id, second.id, wanted.is_ranked, new.created_at,
        wanted.pair, new.created_at, False, setup,
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


def _begun(wanted: _Wanted, ids: Mapping[str, int]) -> Match:
    new, both = wanted
    fixture = Fixture(
        ids[new.public_id], new.public_id, new.ruleset, both, wanted.is_ranked, new.created_at,
        new.setup,
    )  # fmt: skip
    return matches_domain.begin(fixture)
