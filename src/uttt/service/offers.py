"""Bots for those who look for anybody and wait in vain: an offer, or simply a match.

Who said that he wants to be asked gets an offer, once, and waits on. Anybody else gets a bot as his
opponent if the host has it so. Which moves the bot makes is the business of `bots.py`.
"""

import asyncio
from typing import Final

import structlog

from uttt.bus.local import LocalBus
from uttt.bus.notices import BotOffered
from uttt.domain.match import Player
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.lobby import Lobby, Seeker
from uttt.service.roster import Bot, Roster
from uttt.storage import players
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable

log = structlog.get_logger(__name__)
_LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks into the queue."""


class Offers:
    """Looks into the queue. `after`: ms of waiting; `fill`: who cannot be asked gets a bot."""

    def __init__(
        self, lobby: Lobby, roster: Roster, hall: Hall, database: Database, bus: LocalBus,
        clock: Clock, *, after: int, fill: bool,
    ) -> None:  # fmt: skip
        self._lobby = lobby
        self._roster = roster
        self._hall = hall
        self._database = database
        self._bus = bus
        self._clock = clock
        self._after = after
        self._fill = fill

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(min(_LONGEST_PAUSE, self._after / 4000))
            try:
                await self.look()
            except Unavailable as failure:
                log.info("no_bots_offered", reason=str(failure))

    async def look(self) -> None:
        """Offer a bot to those who have waited long enough. Raises Unavailable."""
        for seeker in self._lobby.waiting_since(self._clock() - self._after):
            if not seeker.wants_offer and not self._fill:
                continue
            bots = await self._suiting(seeker.player)
            if seeker.wants_offer:
                self._offer(seeker, bots)
            else:
                await self._lobby.meet(seeker.player, [bot.player for bot in bots])

    def _offer(self, seeker: Seeker, bots: list[Bot]) -> None:
        if bots and self._lobby.note_offer(seeker.player, bots[0].player):
            self._bus.publish(BotOffered(seeker.player.id, bots[0].level))

    async def _suiting(self, player: Player) -> list[Bot]:
        """Return the bots that may play with somebody, the best suited first."""
        rating = None
        if player.registered:
            account = await self._database.look(lambda c: players.find(c, player.name))
            rating = account and account.rating
        playing = {p.id for match in self._hall.open_of(player.id) for p in match.fixture.players}
        full = {bot.player.id for bot in self._roster if self._is_full(bot)}
        return self._roster.suiting(rating, playing | full)

    def _is_full(self, bot: Bot) -> bool:
        return len(self._hall.open_of(bot.player.id)) >= self._roster.most_open
