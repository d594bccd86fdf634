"""Makes connections and logged-in players for one test, and closes all of them at its end."""

import itertools
from typing import Any

from support.client import Client, Greeting
from support.server import Server

PASSWORD = "correct horse"

numbers = itertools.count(1)


def unique(stem: str) -> str:
    """A name that no other test of this run has; the stem has at most 10 characters."""
    return f"{stem}-{next(numbers)}"


class Players:
    """The connections of one test to one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clients: list[Client] = []

    async def connect(self, **options: Any) -> Client:
        """A connection that has not logged in."""
        client = await Client.open(self.server.url, ssl=self.server.trust, **options)
        self.clients.append(client)
        return client

    async def guest(self, stem: str = "guest") -> Client:
        """A new temporary user (cheap: no password to hash)."""
        client = await self.connect()
        await client.login(unique(stem), "")
        return client

    async def account(self, stem: str = "user") -> Client:
        """A new account, logged in with PASSWORD."""
        client = await self.connect()
        await client.login(unique(stem), PASSWORD)
        return client

    async def guests(self, *stems: str) -> list[Client]:
        return [await self.guest(stem) for stem in stems]

    async def accounts(self, *stems: str) -> list[Client]:
        return [await self.account(stem) for stem in stems]

    async def again(self, client: Client, *, account: bool) -> tuple[Client, Greeting]:
        """A further connection of the same session."""
        other = await self.connect()
        greeting = await other.reconnect(client.session, account=account)
        return other, greeting

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
