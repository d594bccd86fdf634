"""Who has been told how a match ended, so that nobody is told twice.

Written a few times a second for all together, never for each match: it comes after the telling
anyhow, and if the node dies before, the players are told once more when they come back; so they are
if they come back to another node in that time.
"""

import asyncio
from functools import partial
from typing import Final

import structlog

from uttt.domain.match import Match
from uttt.service.journal import Journal
from uttt.storage import endings
from uttt.storage.failures import Unavailable

log = structlog.get_logger(__name__)
_PAUSE: Final = 0.2
"""Seconds between two writes."""
_PAUSE_AFTER_FAILURE: Final = 2.0
_CHUNK: Final = 100
"""Players that are written in one piece of work, small enough not to keep a move waiting."""


class Told:
    """Collects who has been told and is not written down yet."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unwritten: dict[tuple[int, int], None] = {}  # keeps the order

    def note(self, match: Match, player_id: int) -> None:
        """A player has been told how the match ended, or is being told now."""
        self._unwritten[match.fixture.id, player_id] = None

    def of(self, player_id: int) -> set[int]:
        """Return the ids of the matches of whose end a player has been told though the database
        may not say so yet.
        """
        return {match_id for match_id, told in self._unwritten if told == player_id}

    async def run(self) -> None:
        """Write what was noted, again and again."""
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                await self.write()
            except Unavailable as failure:
                log.error("told_not_written", reason=str(failure))
                await asyncio.sleep(_PAUSE_AFTER_FAILURE)

    async def write(self) -> None:
        """Write what was noted. Raises Unavailable, and then it is still to be written."""
        waiting = list(self._unwritten)
        for first in range(0, len(waiting), _CHUNK):
            chunk = waiting[first : first + _CHUNK]
            await self._journal.write(partial(endings.forget_seats, told=chunk))
            for told in chunk:
                del self._unwritten[told]
