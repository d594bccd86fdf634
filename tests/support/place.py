"""Where a drill takes place: a node, its database, and the network between them."""

from dataclasses import dataclass, field

from sqlalchemy.engine import URL

from support.cut import Network
from support.database_server import DatabaseServer
from support.database_session import Session
from support.players import Players
from support.server import Server


@dataclass
class Place:
    """`url` leads to the database past the network."""

    server: Server
    url: URL
    database: DatabaseServer
    network: Network
    players: Players
    sessions: list[Session] = field(default_factory=list)

    async def session(self) -> Session:
        """Somebody else on the database."""
        self.sessions.append(await Session.open(self.url))
        return self.sessions[-1]

    async def close(self) -> None:
        """Mend everything and let everybody go."""
        for session in self.sessions:
            session.close()
        self.database.revive()
        self.network.heal()
        await self.players.close()
