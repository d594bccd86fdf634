"""The live matches of this node: those of whoever is connected here, and those of its bots.

A cache of what the journal has committed, never ahead of it. A match is forgotten when its last
connected player leaves; what is asked for and not here is read from the database.
"""

from collections.abc import Sequence
from typing import Final

from uttt.domain.match import Match
from uttt.domain.refusals import Code, Refused
from uttt.service.told import Told
from uttt.storage import matches
from uttt.storage.database import Database

_MISSED: Final = 100
"""New matches that are kept for players who were not present, in case they have just been made."""


class Hall:
    """Matches by public id, and by player for those players who are present."""

    def __init__(self, database: Database, told: Told) -> None:
        self._database = database
        self._told = told
        self._matches: dict[str, Match] = {}
        self._connections: dict[int, int] = {}
        self._seats: dict[int, set[str]] = {}
        self._complete: set[int] = set()
        self._bots: set[int] = set()
        self._reads_under_way = 0
        self._forgotten_meanwhile: set[tuple[str, int]] = set()
        self._missed: dict[tuple[int, str], Match] = {}  # keeps the order

    def is_present(self, player_id: int) -> bool:
        """Whether the player has a connection to this node, or is a bot that plays on it."""
        return player_id in self._connections

    def is_listening(self, player_id: int) -> bool:
        """Whether the player has a connection to this node."""
        return player_id in self._connections and player_id not in self._bots

    async def enter(self, player_id: int, *, is_new: bool = False) -> None:
        """Count one more connection of a player; with his first, read his matches. One who `is_new`
        was made a moment ago: he has those that were begun here since, and nothing need be read.

        Raises Unavailable, and then nothing was counted.
        """
        self._connections[player_id] = self._connections.get(player_id, 0) + 1
        self._seats.setdefault(player_id, set())  # from now on `add` notes new matches in it
        if player_id in self._complete:
            return
        if is_new:
            missed = [match for (id_, _), match in self._missed.items() if id_ == player_id]
            for match in missed:
                self.add(self.known(match.fixture.public_id) or match)
            self._complete.add(player_id)
            return
        try:
            await self._read_matches_of(player_id)
        except BaseException:
            self.leave(player_id)
            raise

    async def _read_matches_of(self, player_id: int) -> None:
        self._reads_under_way += 1
        told = self._told.of(player_id)  # it may be written while we read, and we may not see it
        try:
            found = await self._shown_to(player_id)
            for match in found if self.is_present(player_id) else ():
                # what was told, or went away while we were reading, stays forgotten
                public_id = match.fixture.public_id
                forgotten = (public_id, player_id) in self._forgotten_meanwhile
                if not forgotten and match.fixture.id not in told:
                    self._seats[player_id].add(public_id)
                    self._matches.setdefault(public_id, match)
                    self.update(match)
        finally:
            self._reads_under_way -= 1
            if not self._reads_under_way:
                self._forgotten_meanwhile.clear()
        if self.is_present(player_id):
            self._complete.add(player_id)

    async def _shown_to(self, player_id: int) -> Sequence[Match]:
        if not await self._database.look(lambda c: matches.has_seats(c, player_id)):
            return ()  # which is so for nearly all who log in
        return await self._database.read(lambda c: matches.shown_to_any(c, [player_id]))

    async def seat(self, bot_id: int) -> None:
        """Have the matches of a bot here from now on. Raises Unavailable, and then they are not."""
        await self.enter(bot_id)
        self._bots.add(bot_id)

    def leave(self, player_id: int) -> bool:
        """Count one connection less; return whether it was the last one of this player."""
        self._connections[player_id] -= 1
        if self._connections[player_id]:
            return False
        del self._connections[player_id]
        self._complete.discard(player_id)
        for public_id in self._seats.pop(player_id, ()):
            match = self._matches.get(public_id)
            if match is not None and not self._is_attended(match):
                del self._matches[public_id]
        return True

    def known(self, public_id: str) -> Match | None:
        """Return the match as it stands if it is live here."""
        return self._matches.get(public_id)

    async def find(self, public_id: str) -> Match:
        """Return the match as it stands. Raises Refused(UNKNOWN_MATCH)."""
        return self.known(public_id) or (await self.reread(public_id))[0]

    async def reread(self, public_id: str) -> tuple[Match, bool]:
        """Return the match as the database has it, and whether that is news of a live match. Raises
        Refused(UNKNOWN_MATCH).
        """
        match = await self._database.read(lambda c: matches.find(c, public_id))
        if match is None:
            self._matches.pop(public_id, None)
            raise Refused(Code.UNKNOWN_MATCH)
        is_news = self.update(match)
        return self._matches.get(public_id, match), is_news

    def of(self, player_id: int) -> list[Match]:
        """Return the matches that a present player is to be shown."""
        return [
            self._matches[public_id]
            for public_id in self._seats.get(player_id, ())
            if public_id in self._matches
        ]

    def open_of(self, player_id: int) -> list[Match]:
        """Return the open matches of a present player."""
        return [match for match in self.of(player_id) if match.outcome is None]

    def add(self, match: Match) -> None:
        """Take note of a match that has just been made."""
        for player in match.fixture.players:
            if self.is_present(player.id):
                self._seats[player.id].add(match.fixture.public_id)
                self._matches[match.fixture.public_id] = match
            else:
                self._missed[player.id, match.fixture.public_id] = match
                if len(self._missed) > _MISSED:
                    del self._missed[next(iter(self._missed))]

    def update(self, match: Match) -> bool:
        """Take note of how a live match stands now, and return whether that is news; an older state
        than the known is dropped.
        """
        known = self._matches.get(match.fixture.public_id)
        if known is None or known.next_ply >= match.next_ply:
            return False
        self._matches[match.fixture.public_id] = match
        return True

    def live(self) -> list[Match]:
        """Return all matches in which somebody takes part who is present."""
        return list(self._matches.values())

    def present(self) -> list[int]:
        """Return the ids of all players who have a connection to this node. Bots have none, and too
        many matches to be read at once.
        """
        return [id_ for id_ in self._connections if id_ not in self._bots]

    async def read_shown_to(self, player_ids: Sequence[int]) -> dict[str, Match]:
        """Return the matches that these players are to be shown. Raises Unavailable."""
        found = await self._database.read(lambda c: matches.shown_to_any(c, player_ids))
        return {match.fixture.public_id: match for match in found}

    async def read_all(self, public_ids: Sequence[str]) -> dict[str, Match]:
        """Return those of these matches that the database has. Raises Unavailable."""
        found = await self._database.read(lambda c: matches.find_all(c, public_ids))
        return {match.fixture.public_id: match for match in found}

    def correct(self, known: Match | None, match: Match) -> bool:
        """Take note that the database has this match where we had `known`, even if that is less;
        return whether it was news. What has changed here since then is newer.
        """
        if self._matches.get(match.fixture.public_id) is not known:
            return False
        if known is not None and known.next_ply != match.next_ply:
            self._matches[match.fixture.public_id] = match
            return True
        if known is None and match.outcome is None:
            self.add(match)
            return True
        return False

    def forget(self, match: Match, player_id: int) -> None:
        """The match is over and this player knows, or the match is gone: show it to him
        no longer.
        """
        public_id = match.fixture.public_id
        if self._reads_under_way:
            self._forgotten_meanwhile.add((public_id, player_id))
        self._seats.get(player_id, set()).discard(public_id)
        self._missed.pop((player_id, public_id), None)
        if not any(public_id in self._seats.get(p.id, ()) for p in match.fixture.players):
            self._matches.pop(public_id, None)

    def _is_attended(self, match: Match) -> bool:
        return any(self.is_present(player.id) for player in match.fixture.players)
