"""Ratings as players see them: their own, their rank, and the best hundred."""

from typing import Final

from uttt.domain.match import Player
from uttt.domain.rating import Standing
from uttt.service.clock import Clock
from uttt.storage import standings
from uttt.storage.database import Database

TOP: Final = 100
_KEEP: Final = 5_000
"""Milliseconds for which the top list is kept when nothing is known to have changed."""


class Ladder:
    """Reads standings.

    The top list is kept until a rating changes or an account comes or goes here, and not for long,
    since `uttt user delete` or another node may have changed it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read_at = 0
        self._top: list[tuple[str, int]] | None = None
        self._version = 0

    def note_change(self) -> None:
        """An account came or went, or a rating changed: the kept list is old."""
        self._version += 1
        self._top = None

    async def standing(self, player: Player) -> Standing:
        """Return where a player stands now. Raises Unavailable."""
        top = await self._read_top()
        if not player.registered:
            return Standing(None, None, top)
        own = await self._database.read(lambda c: standings.rating_and_rank(c, player.id))
        rating, rank = own or (None, None)
        return Standing(rating, rank, top)

    async def _read_top(self) -> list[tuple[str, int]]:
        now = self._clock()
        if self._top is not None and now - self._read_at < _KEEP:
            return self._top
        version = self._version
        top = await self._database.read(lambda c: standings.top(c, TOP))
        if version == self._version:
            self._top, self._read_at = top, now
        return top
