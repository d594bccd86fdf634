"""How a match of the old server is to look here: the rows of it. Decides, writes nothing."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from uttt.domain import classic
from uttt.domain.classic import ClassicMatch, Unusable
from uttt.domain.events import Ended, Outcome
from uttt.domain.match import Fixture, Player, played_to_the_end
from uttt.rules.notation import format_position
from uttt.rules.rulesets import STANDARD
from uttt.storage.classic.residents import Resident
from uttt.storage.classic.tally import Reason, Skipped, Terms
from uttt.storage.work import Entry

_ID = re.compile(r"[!-~]{1,32}")


class SourceMatch(NamedTuple):
    """A row of the old server that can be read."""

    public_id: str
    match: ClassicMatch
    ranked: bool
    at: int
    """Creation or last move, ms UTC; its end, if it has ended."""


def read(row: Any, terms: Terms) -> SourceMatch:  # noqa: ANN401 - a row of any database
    """Read a row. Raises Skipped."""
    if not isinstance(row.id, str) or not _ID.fullmatch(row.id):
        raise Skipped(Reason.BAD_ID)
    at = terms.seen(row.last_active, terms.lifetimes.match)
    if row.ranked not in (0, 1):
        raise Skipped(Reason.BAD_RANKED)
    if row.user_a == row.user_b:
        raise Skipped(Reason.SAME_PLAYER)
    try:
        match = classic.read_match(row.match_state, row.active_user)
    except Unusable as unusable:
        raise Skipped(unusable.fault) from unusable
    if set(match.names) != {row.user_a, row.user_b}:
        raise Skipped(Reason.OTHER_PLAYERS)
    return SourceMatch(row.id, match, bool(row.ranked), at)


class Wanted(NamedTuple):
    """A match as it is to be here."""

    source: SourceMatch
    players: tuple[Resident, Resident]

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.source.match.position.result is None

    @property
    def ends_now(self) -> bool:
        """Whether it is over by the rules, and the old server has missed that."""
        return not self.is_open and not self.source.match.noted

    @property
    def pair(self) -> str:
        """The two players as `matches.open_pair` names them."""
        return "{}-{}".format(*sorted(player.id for player in self.players))

    @property
    def outcome(self) -> Outcome | None:
        """How it ended."""
        result = self.source.match.position.result
        return None if result is None else played_to_the_end(result, ranked=self.source.ranked)

    @property
    def seats(self) -> set[int]:
        """Those who are to be shown it. Of an end that the old server knew it has told the
        player who moved last, who was there then.
        """
        if self.source.match.noted:
            return {self.players[self.source.match.position.turn].id}
        return {player.id for player in self.players}

    @property
    def columns(self) -> dict[str, Any]:
        """The row of `matches` without its id."""
        outcome = self.outcome
        return {
            "public_id": self.source.public_id,
            "ruleset": STANDARD.name,
            "player_a": self.players[0].id,
            "player_b": self.players[1].id,
            "ranked": self.source.ranked,
            "created_at": self.source.at,
            "open_pair": self.pair if outcome is None else None,
            "idle_since": self.source.at,
            "result": outcome and outcome.result.value,
            "winner": outcome and outcome.winner,
            "rated": outcome is not None and outcome.rated,
            "ended_at": outcome and self.source.at,
            "setup": format_position(self.source.match.position),
        }

    def entry(self, match_id: int, elo_k: int) -> Entry:
        """The event that ends it, as the journal would append it."""
        assert self.outcome is not None  # noqa: S101 - callers check
        one, two = (Player(p.id, p.name, p.registered) for p in self.players)
        position, at = self.source.match.position, self.source.at
        fixture = Fixture(
            match_id, self.source.public_id, STANDARD, (one, two), self.source.ranked, at, position
        )
        return Entry(fixture, Ended(position.plies, at, self.outcome), elo_k)


def wanted(source: SourceMatch, here: Mapping[str, Resident]) -> Wanted:
    """Return how a match is to be here. Raises Skipped unless both of its players are."""
    one, two = (here.get(name) for name in source.match.names)
    if one is None or two is None or not (one.was_imported and two.was_imported):
        raise Skipped(Reason.NO_SUCH_PLAYER)
    if source.ranked and not (one.registered and two.registered):
        raise Skipped(Reason.NO_ACCOUNT_BUT_RANKED)
    return Wanted(source, (one, two))
