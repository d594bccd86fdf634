"""A pair of players who play on and on, and know exactly what the server has acknowledged to them.

A move is acknowledged when its mover has received the match_update. At any moment at most one
request of a pair is in flight; after a crash the server may or may not have done it, but everything
before it must be there, and nothing else.
"""

import random
import time
from dataclasses import dataclass, field
from typing import Literal

from websockets.exceptions import ConnectionClosed

from support import games
from support.client import Client, Greeting
from support.elo import rated
from support.naive import Game, Move
from support.server import Server
from support.shape import Data

TOLD_LATE = 0.5
"""Seconds: the server writes five times a second who has been told, and that takes its time."""
GAMES = (games.WON_BY_A, games.WON_BY_B, games.DRAWN, games.DRAWN_BY_WINNING)

Request = Move | Literal["start", "end"] | None


@dataclass
class Pair:
    """Two names that always play each other; with accounts their ratings are followed."""

    server: Server
    names: tuple[str, str]
    pw: str
    choose: random.Random
    sessions: list[str] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    ratings: list[int] = field(default_factory=lambda: [1000, 1000])
    match_id: str = ""
    told: dict[str, float] = field(default_factory=dict)
    """When it was told last that a match has ended, by `time.monotonic`."""
    broken_at: float = 0.0
    """When the connection broke the last time."""
    first: int = 0
    """Which of the two is player_a."""
    script: tuple[Move, ...] = ()
    abandon_at: int = 0
    ender: int = 0
    acknowledged: list[Move] = field(default_factory=list)
    in_flight: Request = None
    moves: int = 0
    ends: int = 0

    @property
    def accounts(self) -> bool:
        return self.pw != ""

    async def join(self) -> None:
        """The first login of both; accounts become friends of each other."""
        for name in self.names:
            client = await Client.open(self.server.url)
            await client.login(name, self.pw)
            self.clients.append(client)
            self.sessions.append(client.session)
        if self.accounts:
            for client, friend in zip(self.clients, reversed(self.names), strict=True):
                await client.send("friend_request", user=friend)
                await client.expect_success("friend_request_response")
                await client.expect("friends_update")

    async def leave(self) -> None:
        for client in self.clients:
            await client.close()
        self.clients.clear()

    async def play_on(self) -> None:
        """Play until the connection breaks."""
        try:
            while True:
                await self.step()
        except ConnectionClosed:
            self.broken_at = time.monotonic()

    async def step(self) -> None:
        if not self.match_id:
            await self.start()
        elif len(self.acknowledged) == self.abandon_at:
            await self.abandon()
        else:
            await self.move()

    async def start(self) -> None:
        self.in_flight = "start"
        self.first = self.choose.randrange(2)
        inviter, invited = self.clients[self.first], self.clients[1 - self.first]
        await inviter.send("match_request", player=invited.name)
        self.adopt(await inviter.expect("match_update"))
        await inviter.expect_success("match_request_response")
        await invited.expect_state(self.match_id)

    def adopt(self, update: Data) -> None:
        """The server has made a new match; decide what is to be played in it."""
        assert update["moves"] == 0
        assert update["match_state"]["player_a"] == self.names[self.first]
        self.match_id, self.acknowledged, self.in_flight = update["id"], [], None
        self.script = self.choose.choice(GAMES)
        self.abandon_at = self.choose.choice((-1, -1, -1, 0, 1, 2, 5, 12))
        self.ender = self.choose.randrange(2)

    async def move(self) -> None:
        turn = (self.first + len(self.acknowledged)) % 2
        move = self.script[len(self.acknowledged)]
        self.in_flight = move
        await self.clients[turn].move(self.match_id, move)
        update = await self.clients[turn].expect_state(self.match_id)
        self.acknowledged.append(move)
        self.moves += 1
        over = len(self.acknowledged) == len(self.script)
        self.in_flight = None
        assert update["moves"] == len(self.acknowledged)
        assert update["match_state"]["game_over"] is over
        match_id = self.match_id
        if over:
            self.count_end()
        await self.clients[1 - turn].expect_state(match_id)
        if over:
            for client in self.clients:
                self.check_rating(await client.expect("elo_update"), client)

    async def abandon(self) -> None:
        sender, other = self.clients[self.ender], self.clients[1 - self.ender]
        self.in_flight = "end"
        await sender.send("end_match", id=self.match_id)
        match_id = self.match_id
        if self.accounts and len(self.acknowledged) >= 2:
            elo = await sender.expect("elo_update")
            self.count_end()
            self.check_rating(elo, sender)
            self.check_rating(await other.expect("elo_update"), other)
            await sender.expect_state(match_id)
        else:
            await sender.expect_state(match_id)
            self.count_end()
        await other.expect_state(match_id)

    def count_end(self) -> None:
        """The match is over, by its last move or by what is in flight: follow the ratings."""
        self.ends += 1
        if self.accounts:
            if len(self.acknowledged) == len(self.script):
                winner = Game(self.script).winner
                score = {0: 0.5, 1: 1.0, 2: 0.0}[winner]
                scores = (score, 1 - score) if self.first == 0 else (1 - score, score)
            else:
                scores = (0.0, 1.0) if self.ender == 0 else (1.0, 0.0)
            if len(self.acknowledged) >= 2:
                one, two = self.ratings
                self.ratings = [rated(one, two, scores[0]), rated(two, one, scores[1])]
        self.told[self.match_id] = time.monotonic()
        self.match_id, self.in_flight = "", None

    def check_rating(self, elo: Data, client: Client) -> None:
        expected = self.ratings[self.clients.index(client)] if self.accounts else None
        assert elo["elo"] == expected, (client.name, elo["elo"], expected)

    async def come_back(self) -> None:
        """Both reconnect to the restarted server and compare what it has with what they know."""
        greetings = []
        for session in self.sessions:
            client = await Client.open(self.server.url)
            greetings.append(await client.reconnect(session, account=self.accounts))
            self.clients.append(client)
        assert [client.name for client in self.clients] == list(self.names)
        told_now: set[str] = set()
        open_matches = [self.open_matches(greeting, told_now) for greeting in greetings]
        self.told |= dict.fromkeys(told_now, time.monotonic())
        assert [m["match_state"] for m in open_matches[0]] == [
            m["match_state"] for m in open_matches[1]
        ]
        self.resume(open_matches[0])
        for client, greeting, friend in zip(
            self.clients, greetings, reversed(self.names), strict=True
        ):
            self.check_rating(greeting.elo, client)
            if self.accounts:
                assert greeting.friends is not None
                assert greeting.friends["friends"] == [friend]

    def open_matches(self, greeting: Greeting, told_now: set[str]) -> list[Data]:
        """The open ones. Who has been told of an end is written some time later; so only what was
        told a moment before the server died may be told again.
        """
        found = []
        for match in greeting.matches:
            assert match["match_state"] is not None
            if match["match_state"]["game_over"]:
                if match["id"] != self.match_id:
                    assert self.broken_at - self.told[match["id"]] < TOLD_LATE
                told_now.add(match["id"])
            else:
                found.append(match)
        return found

    def resume(self, found: list[Data]) -> None:
        """Find out whether the request in flight was done; anything else is a loss or a forgery."""
        if not self.match_id:
            if found:
                assert self.in_flight == "start", "a match that nobody asked for"
                self.adopt(found[0])
            self.in_flight = None
            return
        if found:
            assert [match["id"] for match in found] == [self.match_id]
            self.resume_board(found[0]["match_state"]["complete_field"])
            self.in_flight = None
            return
        if isinstance(self.in_flight, tuple):
            self.acknowledged.append(self.in_flight)
            assert len(self.acknowledged) == len(self.script), "an open match was lost"
        else:
            assert self.in_flight == "end", "an open match was lost"
        self.count_end()

    def resume_board(self, board: list[list[int]]) -> None:
        if board != Game(self.acknowledged).field:
            assert isinstance(self.in_flight, tuple), "an acknowledged move was lost"
            self.acknowledged.append(self.in_flight)
            assert board == Game(self.acknowledged).field, "the match is not what was played"
