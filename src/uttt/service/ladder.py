"""Ratings as players see them: their own, their rank, and the best hundred."""

from collections.abc import Mapping, Sequence
from typing import Final

from uttt.domain.match import Player
from uttt.domain.rating import Standing
from uttt.service.clock import Clock
from uttt.storage import standings
from uttt.storage.database import Database

TOP: Final = 100
_KEEP: Final = 5_000
"""Milliseconds for which the top list is kept when nothing is known to have changed."""

_NONE: Final = (None, None)
"""Rating and rank of whoever has none."""


class Ladder:
    """Reads standings.

    The top list is kept until an account comes or goes here, and brought up to date when ratings
    change; but not for long, since `uttt user delete` or another node may have changed it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read_at = 0
        self._top: list[tuple[str, int]] | None = None
        self._version = 0

    def note_change(self) -> None:
        """An account came or went, or ratings changed unseen: the kept list is old."""
        self._version += 1
        self._top = None

    async def standing(self, player: Player) -> Standing:
        """Return where a player stands now. Raises Unavailable."""
        (standing,) = await self.standings([player])
        return standing

    async def standings(self, players: Sequence[Player]) -> list[Standing]:
        """Return where players stand now, in their order. Raises Unavailable."""
        return await self._with_top(players, await self._read_own(players))

    async def after_rating(self, players: Sequence[Player]) -> list[Standing]:
        """The same for players whose ratings have just changed: with them the kept list is brought
        up to date, if nothing else happens meanwhile, and need not be read again.
        """
        self._version += 1
        version, kept = self._version, self._top
        self._top = None
        own = await self._read_own(players)
        if kept is not None and version == self._version:
            now = {p.name: own[p.id][0] for p in players if p.id in own}
            self._keep(_brought_up_to_date(kept, now))
        return await self._with_top(players, own)

    def _keep(self, top: list[tuple[str, int]] | None) -> None:
        if self._top is None:  # one that was read meanwhile is newer
            self._top = top

    async def _read_own(self, players: Sequence[Player]) -> dict[int, tuple[int, int]]:
        ids = [player.id for player in players if player.registered]
        if not ids:
            return {}
        return await self._database.look(lambda c: standings.ratings_and_ranks(c, ids))

    async def _with_top(
        self, players: Sequence[Player], own: Mapping[int, tuple[int, int]]
    ) -> list[Standing]:
        top = await self._read_top()
        found = [own.get(player.id, _NONE) for player in players]
        return [Standing(rating, rank, top) for rating, rank in found]

    async def _read_top(self) -> list[tuple[str, int]]:
        now = self._clock()
        if self._top is not None and now - self._read_at < _KEEP:
            return self._top
        version = self._version
        top = await self._database.look(lambda c: standings.top(c, TOP))
        if version == self._version:
            self._top, self._read_at = top, now
        return top


def _brought_up_to_date(
    top: list[tuple[str, int]], changed: Mapping[str, int]
) -> list[tuple[str, int]] | None:
    """Return the top list after the ratings of some accounts became these; None if that cannot be
    told, since somebody left it whose successor is not known.
    """
    stay = [entry for entry in top if entry[0] not in changed]
    if len(top) < TOP:  # it has all accounts, so also those whose ratings fell
        come = list(changed.items())
    else:
        lowest = top[-1][1]
        come = [(name, rating) for name, rating in changed.items() if rating > lowest]
        if len(stay) + len(come) < TOP:
            return None
    return sorted(stay + come, key=lambda entry: -entry[1])[:TOP]
