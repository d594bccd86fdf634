"""Where matches begin: the queue for random opponents, and invitations by name (protocol section
7).
"""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Final, NamedTuple

import structlog

from uttt.bus.local import LocalBus
from uttt.bus.notices import MatchChanged, MatchGone, Notice
from uttt.domain.match import Match, Player
from uttt.domain.names import fold_name
from uttt.domain.pairing import find_partner
from uttt.rules.rulesets import STANDARD
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.journal import Journal
from uttt.service.roster import Roster
from uttt.storage.failures import Unavailable
from uttt.storage.openings import (
    BotIsAway,
    NoSuchPlayer,
    PairIsPlaying,
    PlayerGone,
    TooManyMatches,
)
from uttt.storage.work import NewMatch

log = structlog.get_logger(__name__)
_PAIRS: Final = 256
"""Locks for pairs of players; those who share one by chance only wait as long as one match takes to
be made.
"""
_YOU_ARE_GONE = "Your session has ended. Please log in again."
_NOBODY_OF_THIS_NAME = "There is no player of this name."


class Seeker(NamedTuple):
    """Somebody who looks for anybody."""

    player: Player
    since: int
    """When he came, ms UTC."""
    wants_offer: bool
    """He wants to be asked before he plays against a bot."""


class RequestRefused(Exception):
    """The match request is refused; `msg` says why."""

    def __init__(self, msg: str) -> None:
        super().__init__(msg)
        self.msg = msg


class Lobby:
    """Makes matches. Whoever asks for anybody is served one after the other, for the sake of the
    queue; invitations by name at the same time, since the database knows who may play whom.
    """

    def __init__(
        self, hall: Hall, journal: Journal, bus: LocalBus, clock: Clock, roster: Roster,
        max_open_matches: int,
    ) -> None:  # fmt: skip
        self._hall = hall
        self._journal = journal
        self._bus = bus
        self._clock = clock
        self._max_open = max_open_matches
        self._roster = roster
        self._waiting: dict[int, Seeker] = {}  # a dict keeps the order in which they came
        self._offered: dict[int, int] = {}  # those of them to whom a bot was offered, and which
        self._free_again: asyncio.Queue[Player] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()
        self._pairs = [asyncio.Lock() for _ in range(_PAIRS)]
        bus.subscribe(self._look_for_ended_matches)

    async def request_random(self, player: Player, *, wants_offer: bool = False) -> str:
        """Pair a player with one who waits, or let him wait; return what to tell him.

        With `wants_offer` he is asked before he gets a bot. Raises RequestRefused or Unavailable.
        """
        async with self._one_at_a_time:
            self._check_may_begin(player)
            if player.id in self._waiting:
                raise RequestRefused("You are already waiting for an opponent.")
            opponent = await self._pair(player)
            if opponent is not None:
                return f"You play against {opponent.name}."
            if self._hall.is_present(player.id):
                self._waiting[player.id] = Seeker(player, self._clock(), wants_offer)
            return "You are in the queue. The match begins as soon as somebody else is looking."

    async def cancel(self, player: Player) -> bool:
        """Take a player out of the queue; return whether he was in it, and is in no new match."""
        async with self._one_at_a_time:
            return self.leave(player.id)

    async def request_named(self, player: Player, raw_name: object) -> str:
        """Make a match with the player of this name; return what to tell the sender.

        Raises RequestRefused or Unavailable.
        """
        self._check_may_begin(player)
        name = fold_name(raw_name)
        if name == player.name:
            raise RequestRefused("You cannot play against yourself.")
        if name is None:
            raise RequestRefused(_NOBODY_OF_THIS_NAME)

        pair = hash(frozenset((player.name, name)))
        try:
            # of two who invite each other the second hears of the match before he is refused
            async with self._pairs[pair % len(self._pairs)]:
                match = await self._open(player, name)
        except TooManyMatches as full:
            if full.player_id in self._roster:
                raise RequestRefused(f"{name} plays too many matches at the moment.") from None
            raise self._too_many(own=full.player_id == player.id) from None
        except NoSuchPlayer:
            raise RequestRefused(_NOBODY_OF_THIS_NAME) from None
        except BotIsAway:
            raise RequestRefused("Bots do not play here at the moment.") from None
        except PlayerGone as gone:
            own = gone.player_id == player.id
            raise RequestRefused(_YOU_ARE_GONE if own else _NOBODY_OF_THIS_NAME) from None
        except PairIsPlaying:
            raise RequestRefused(f"You already have a match with {name}.") from None
        opponent = match.fixture.players[1]
        if self._offered.get(player.id) == opponent.id:
            self.leave(player.id)  # he takes this bot instead of waiting
        return f"You play against {opponent.name}."

    def waiting_since(self, since: int) -> list[Seeker]:
        """Return those who have waited since then (ms UTC), who may begin a match, and to whom no
        bot was offered yet.
        """
        return [
            seeker
            for id_, seeker in self._waiting.items()
            if seeker.since <= since and id_ not in self._offered and self._may_begin(id_)
        ]

    def note_offer(self, player: Player, bot: Player) -> bool:
        """Note that a bot is being offered to a player; return False if he waits no longer."""
        if player.id in self._waiting:
            self._offered[player.id] = bot.id
        return player.id in self._waiting

    async def meet(self, player: Player, bots: Iterable[Player]) -> None:
        """Make a match between a player who waits and the first of these bots who can. Raises
        Unavailable.
        """
        async with self._one_at_a_time:
            for bot in bots:
                if player.id not in self._waiting:
                    return
                await self._try(player, bot)

    async def _try(self, player: Player, bot: Player) -> None:
        try:
            # he has not asked for it, so it must cost him nothing
            await self._open(player, bot, bots_count=False, at_once=True)
        except PlayerGone as gone:
            if gone.player_id == player.id:
                self.leave(player.id)
        except (TooManyMatches, PairIsPlaying):
            log.info("pair_not_made", players=[player.name, bot.name])
        else:
            self.leave(player.id)

    def leave(self, player_id: int) -> bool:
        """Take a player out of the queue; return whether he was in it."""
        self._offered.pop(player_id, None)
        return self._waiting.pop(player_id, None) is not None

    async def run(self) -> None:
        """Pair those in the queue who could not be paired before a match of theirs ended."""
        while True:
            player = await self._free_again.get()
            async with self._one_at_a_time:
                if player.id not in self._waiting:
                    continue
                try:
                    paired = await self._pair(player) is not None
                except (RequestRefused, Unavailable) as failure:
                    log.info("not_paired", player=player.name, reason=str(failure))
                    paired = isinstance(failure, RequestRefused)
                if paired:
                    self.leave(player.id)

    def _look_for_ended_matches(self, notice: Notice) -> None:
        if self._waiting and isinstance(notice, (MatchGone, MatchChanged)):
            ended = isinstance(notice, MatchGone) or notice.match.outcome is not None
            for player in notice.match.fixture.players if ended else ():
                if player.id in self._waiting:
                    self._free_again.put_nowait(player)

    def _check_may_begin(self, player: Player) -> None:
        if not self._may_begin(player.id):
            raise self._too_many(own=True)

    def _may_begin(self, player_id: int) -> bool:
        return len(self._hall.open_of(player_id)) < self._max_open

    def _too_many(self, *, own: bool) -> RequestRefused:
        who = "You have" if own else "The other player has"
        return RequestRefused(f"{who} {self._max_open} open matches already, which is the limit.")

    async def _pair(self, seeker: Player) -> Player | None:
        """Make a match between `seeker` and whoever has waited longest of those he may meet.

        Of the two, who waits longer begins. Who waits stays in the queue until the match is made.
        Raises RequestRefused if `seeker` is gone, or Unavailable.
        """
        candidates = list(self._waiting)
        while (found := find_partner(seeker.id, candidates, self._may_meet)) is not None:
            candidates.remove(found)
            if found not in self._waiting:
                continue  # he left while we were trying another one
            partner = self._waiting[found].player
            try:
                await self._begin(partner, seeker)
            except PlayerGone as gone:
                if gone.player_id == seeker.id:
                    raise RequestRefused(_YOU_ARE_GONE) from None
                self.leave(found)
            except (TooManyMatches, PairIsPlaying):
                log.info("pair_not_made", players=[partner.name, seeker.name])
            else:
                self.leave(found)
                return partner
        return None

    async def _begin(self, one: Player, other: Player) -> None:
        waited = [s.player for s in self._waiting.values() if s.player in (one, other)]
        first = waited[0]
        second = other if first is one else one
        await self._open(first, second, at_once=True)

    def _may_meet(self, waiting: int, seeker: int) -> bool:
        open_matches = self._hall.open_of(waiting)
        return len(open_matches) < self._max_open and not any(
            seeker == player.id for match in open_matches for player in match.fixture.players
        )

    async def _open(
        self, first: Player, second: Player | str, *, bots_count: bool = True, at_once: bool = False
    ) -> Match:
        new = NewMatch(
            secrets.token_hex(16), STANDARD, (first, second), self._clock(), self._max_open,
            self._roster.limits, bots_count=bots_count and self._roster.rated,
        )  # fmt: skip
        match = await self._journal.open(new, at_once=at_once)
        self._hall.add(match)
        self._bus.publish(MatchChanged(match))
        return match
