"""Friend lists (protocol section 11.1): one-directional, immediate, accounts only."""

from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from uttt.bus.local import LocalBus
from uttt.bus.notices import FriendsChanged
from uttt.domain.match import Player
from uttt.domain.names import fold_name
from uttt.service.journal import Journal
from uttt.service.roster import Roster
from uttt.storage import friendships, players
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """Whether the list was changed, and what to tell the player."""

    success: bool
    msg: str


_NO_SUCH_ACCOUNT = Answer(success=False, msg="There is no account of this name.")


class Friends:
    """Reads and changes friend lists."""

    def __init__(self, database: Database, journal: Journal, bus: LocalBus, roster: Roster) -> None:
        self._database = database
        self._journal = journal
        self._bus = bus
        self._roster = roster

    async def of(self, player: Player) -> list[tuple[str, int]]:
        """Return names and present ratings of the friends of a player; of bots that are not rated,
        how strong they are. Raises Unavailable.
        """
        if not player.registered:
            return []
        friends = await self._database.look(lambda c: friendships.of(c, player.id))
        return [
            (name, self._roster.strength(name) if rating is None else rating)
            for name, rating in friends
        ]

    async def tell(self, player: Player) -> None:
        """Tell all connections of a player what his friend list is now."""
        try:
            self._bus.publish(FriendsChanged(player.id, await self.of(player)))
        except Unavailable as failure:
            # the change itself is committed and was answered; the list comes with the next login
            log.error("friends_not_read", reason=str(failure))

    async def add(self, player: Player, raw_name: object) -> Answer:
        """Put an account into the list of `player`. Raises Unavailable."""
        name = fold_name(raw_name)
        if name is None:
            return _NO_SUCH_ACCOUNT
        if not player.registered:
            return Answer(success=False, msg="Guests have no friend list. Register to get one.")
        if name == player.name:
            return Answer(success=False, msg="You cannot be your own friend.")

        def change(connection: Connection) -> Answer:
            friend = players.find(connection, name)
            if friend is None or not friend.player.registered:
                return _NO_SUCH_ACCOUNT
            if not friendships.add(connection, player.id, friend.player.id):
                return Answer(success=False, msg=f"{name} is your friend already.")
            return Answer(success=True, msg=f"{name} is now your friend.")

        return await self._journal.write(change)

    async def remove(self, player: Player, raw_name: object) -> Answer:
        """Take somebody out of the list of `player`. Raises Unavailable."""
        name = fold_name(raw_name)
        if name is None:
            return _NO_SUCH_ACCOUNT
        if not await self._journal.write(lambda c: friendships.remove(c, player.id, name)):
            return Answer(success=False, msg=f"{name} is not in your friend list.")
        return Answer(success=True, msg=f"{name} is no longer your friend.")
