"""Who the bots are: the computer players of this server, their accounts, and whom each suits.

A bot is a player like any other, with a row in `players`; here stands which rows they are and what
is different for them. How they move is the business of `bots.py`.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from uttt.domain.match import Player
from uttt.engine.levels import LEVELS, Level, named
from uttt.service.clock import Clock
from uttt.service.journal import Journal
from uttt.storage import bots

log = structlog.get_logger(__name__)


class Bot(NamedTuple):
    """A computer player: how it plays, and the account that it plays by."""

    level: Level
    player: Player


class Roster:
    """The bots that play here, the gentlest first. Empty until `admit`, and without levels always.

    `rated`: their matches with accounts count. `most_open`: matches that each may have at a time.
    """

    def __init__(
        self, journal: Journal, clock: Clock, levels: Iterable[Level] = LEVELS, *,
        rated: bool = False, most_open: int = 1000,
    ) -> None:  # fmt: skip
        self.rated = rated
        self.most_open = most_open
        self._journal = journal
        self._clock = clock
        self._levels = tuple(levels)
        self._bots: dict[int, Bot] = {}

    async def admit(self) -> None:
        """See to it that each bot has its account. A bot whose name a person holds does not play.

        Raises Unavailable.
        """
        for level in self._levels:
            player = await self._account(level)
            if player is None:
                log.warning("bot_name_taken", name=level.name)
            else:
                self._bots[player.id] = Bot(level, player)

    async def _account(self, level: Level) -> Player | None:
        now, rating = self._clock(), level.elo if self.rated else None

        def change(connection: Connection) -> Player | None:
            return bots.admit(connection, level.name, rating, now)

        try:
            return await self._journal.write(change)
        except bots.NameTaken:  # another node has just made it
            return await self._journal.write(change)

    def __iter__(self) -> Iterator[Bot]:
        return iter(self._bots.values())

    def __contains__(self, player_id: object) -> bool:
        return player_id in self._bots

    def find(self, player_id: int) -> Bot | None:
        """Return the bot with this account, if it is one."""
        return self._bots.get(player_id)

    @property
    def limits(self) -> dict[int, int]:
        """How many matches each may have at a time, by player id."""
        return dict.fromkeys(self._bots, self.most_open)

    @staticmethod
    def strength(name: str) -> int:
        """Return how strong the bot of this name is among bots; 0 if it is none of ours."""
        level = named(name)
        return 0 if level is None else level.elo

    def suiting(self, rating: int | None, without: Iterable[int] = ()) -> list[Bot]:
        """Return the bots for somebody of this rating, the best suited first; guests, who have
        none, get the gentlest. `without`: player ids of bots that are out of the question.
        """
        left = [bot for bot in self if bot.player.id not in set(without)]
        if rating is None:
            return left
        return sorted(left, key=lambda bot: abs(bot.level.elo - rating))
