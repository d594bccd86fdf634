"""Who is connected: it keeps their sessions and accounts alive, and tells when a session is gone.

A live connection is activity (protocol 13.17). It is written to the database in batches, a few
times per lifetime, never per message.
"""

import asyncio
from collections import Counter
from functools import partial
from itertools import islice
from typing import Final

import structlog

from uttt.bus.local import LocalBus
from uttt.bus.notices import SessionsVoided
from uttt.domain.lifetimes import Lifetimes
from uttt.service.accounts import Login
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.journal import Journal
from uttt.service.lobby import Lobby
from uttt.storage import players, sessions
from uttt.storage.failures import Locked, Unavailable

log = structlog.get_logger(__name__)
_CHUNK: Final = 200
"""Sessions renewed in one piece of work, small enough not to keep a move waiting."""
_PAUSES_FOR_LOCKED: Final = (0.1, 0.3, 0.9)
"""Seconds until those are tried again whom somebody has locked."""
_LONGEST_PAUSE: Final = 60.0
"""Seconds after which at the latest a session that was deleted elsewhere is noticed."""


class Attendance:
    """The connected sessions of this node."""

    def __init__(
        self, hall: Hall, lobby: Lobby, journal: Journal, bus: LocalBus, clock: Clock,
        lifetimes: Lifetimes,
    ) -> None:  # fmt: skip
        self._hall = hall
        self._lobby = lobby
        self._journal = journal
        self._bus = bus
        self._clock = clock
        self._pause = min(_LONGEST_PAUSE, lifetimes.shortest_of_a_session / 1000 / 4)
        self._connections: Counter[int] = Counter()
        self._players: dict[int, int] = {}

    async def enter(self, login: Login) -> None:
        """A connection of this session was opened. Raises Unavailable, and then it does
        not count.
        """
        await self._hall.enter(login.player.id, is_new=login.is_new)
        self._connections[login.session_id] += 1
        self._players[login.session_id] = login.player.id

    def leave(self, login: Login) -> None:
        """A connection of this session was closed."""
        self._connections[login.session_id] -= 1
        if self._hall.leave(login.player.id):
            self._lobby.leave(login.player.id)

    async def run(self) -> None:
        """Renew what is connected, again and again."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.renew()
            except Unavailable as failure:
                log.error("sessions_not_renewed", reason=str(failure))

    async def renew(self) -> None:
        """Write down the activity of all who were connected since the last time. Raises
        Unavailable; if it is Locked, of all but those whom somebody keeps locked.
        """
        attended = dict(self._players)
        rest = iter(attended)
        late: set[int] = set()
        while chunk := list(islice(rest, _CHUNK)):
            noted = await self._note({attended[session_id] for session_id in chunk})
            now = self._clock()
            existing = await self._journal.write(
                partial(sessions.touch, session_ids=chunk, now=now)
            )
            late |= {attended[session_id] for session_id in existing} - noted
            gone = frozenset(chunk) - existing
            if gone:
                self._bus.publish(SessionsVoided(gone))
        for pause in _PAUSES_FOR_LOCKED:
            if late:
                await asyncio.sleep(pause)
                late -= await self._note(late)
        if late:
            raise Locked(f"{len(late)} players are locked")
        for session_id in attended:
            if not self._connections[session_id]:
                del self._connections[session_id]
                self._players.pop(session_id, None)

    async def _note(self, player_ids: set[int]) -> set[int]:
        """Note that these players are here; return those of whom it is noted. It does not wait for
        whom somebody has locked: who ends a match of theirs would wait behind it.
        """
        touch = partial(players.touch_free, player_ids=player_ids, now=self._clock())
        return await self._journal.write(touch)
