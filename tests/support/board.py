"""A match under drill and what must be true of it: while the database fails, and in the end.

A board knows which moves were acknowledged to its two clients. While the database is away each
request must be refused in time; afterwards what was refused may turn out to be done, if both are
told so.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from support import games, matches
from support.client import Client
from support.elo import rated
from support.naive import Game, Move
from support.players import Players
from support.shape import Data
from uttt.storage import backends, tables
from uttt.storage import matches as stored

T = TypeVar("T")
REFUSAL_LIMIT = 2.0
"""Seconds until a move is refused."""


@dataclass
class Board:
    """A match of two clients. With `abandons` player_a asks for its end instead of moving."""

    clients: tuple[Client, Client]
    ranked: bool
    script: tuple[Move, ...] = games.WON_BY_A
    abandons: bool = False
    match_id: str = ""
    made: int = 0
    """Moves that were acknowledged, or shown after they had been refused."""
    over: bool = False
    refusals: list[float] = field(default_factory=list)
    """Seconds that each took."""

    async def begin(self, made: int) -> None:
        self.match_id = await matches.start(*self.clients)
        await matches.play(*self.clients, self.match_id, self.script[:made])
        self.made = made

    async def attempt(self) -> bool:
        """Move, or ask for the end; whether it was done. A refusal must come in time."""
        sender = self.clients[0 if self.abandons else self.made % 2]
        sent = time.monotonic()
        if self.abandons:
            await sender.send("end_match", id=self.match_id)
        else:
            await sender.move(self.match_id, self.script[self.made])
        message = await sender.receive()
        if message["type"] != "error":
            await self._hear([[message] if client is sender else [] for client in self.clients])
            return True
        code, made = message["data"]["code"], self.made
        if code == "match_over" and self.refusals:
            made += 1  # it was done when it was refused, and both are being told just now
        else:
            assert code == "unavailable", message
            self.refusals.append(time.monotonic() - sent)
            assert self.refusals[-1] < REFUSAL_LIMIT
        if not self.abandons:
            assert (await sender.expect_state(self.match_id))["moves"] == made
        return False

    async def _hear(self, told: list[list[Data]]) -> None:
        """Read the rest of what both are told of the next move or the end; `told` is read already.

        If it was refused before, it may have been done then, and be told just when it is asked for
        again: then a refusal is among it, with the match as it stands.
        """
        for client, messages in zip(self.clients, told, strict=True):
            while not {message["type"] for message in messages}.issuperset(self._expected):
                messages.append(await client.receive())
            if self.refusals:
                messages.extend(await client.until_marker())
            errors = [m["data"]["code"] for m in messages if m["type"] == "error"]
            assert set(errors) <= ({"not_your_turn", "match_over"} if self.refusals else set())
            if not errors:
                assert sorted(message["type"] for message in messages) == sorted(self._expected)
        self._adopt([m["data"] for ms in told for m in ms if m["type"] == "match_update"])

    def _adopt(self, updates: list[Data]) -> None:
        """Both were shown the match after what was asked for."""
        for update in updates:
            matches.same_content(updates[0], update)
        assert updates[0]["id"] == self.match_id
        if not self.abandons:
            self.made += 1
        assert updates[0]["moves"] == self.made
        self.over = self.abandons or self.made == len(self.script)
        assert updates[0]["match_state"]["complete_field"] == Game(self.script[: self.made]).field
        assert updates[0]["match_state"]["game_over"] is self.over

    async def resync(self) -> bool:
        """Read what has come unasked: nothing, or for both how the match stands after what was
        refused. Returns whether that was so.
        """
        found = [await client.until_marker() for client in self.clients]
        if not any(found):
            return False
        await self._hear(found)
        return True

    @property
    def _expected(self) -> list[str]:
        """The types of the messages that tell each of the two of the next move or the end."""
        if self.abandons:
            return ["elo_update", "match_update"] if self.ranked else ["match_update"]
        over = self.made + 1 == len(self.script)
        return ["match_update", "elo_update"] if over else ["match_update"]

    async def play_on(self, pause: float) -> None:
        """Play to the end, whatever is refused."""
        while not self.over:
            if not await self.resync():
                await self.attempt()
            await asyncio.sleep(pause)

    async def finish(self) -> None:
        """Play to the end, without a single refusal."""
        while not self.over:
            assert await self.attempt(), "refused after the return of the database"
        for client in self.clients:
            await client.quiet()
            assert await client.states() == []

    @property
    def ratings(self) -> tuple[int, int]:
        """What the two must have in the end, who had 1000 before."""
        winner = 2 if self.abandons else Game(self.script).winner
        score = {0: 0.5, 1: 1.0, 2: 0.0}[winner]
        return rated(1000, 1000, score), rated(1000, 1000, 1 - score)


async def gather_boards(players: Players, *, several: int = 1) -> list[Board]:
    """Matches in all situations: in the middle, before the last move, before an abandonment."""
    boards = []
    for _ in range(several):
        kinds = (
            (False, games.WON_BY_A, False, 7),
            (True, games.WON_BY_B, False, len(games.WON_BY_B) - 1),
            (True, games.DRAWN, True, 4),
            (False, games.DRAWN_BY_WINNING, False, 20),
        )
        for ranked, script, abandons, made in kinds:
            make = players.accounts if ranked else players.guests
            one, two = await make("ann", "bob")
            board = Board((one, two), ranked, script, abandons)
            await board.begin(made)
            boards.append(board)
    return boards


async def finish(boards: Iterable[Board]) -> None:
    """All are played to their ends."""
    await asyncio.gather(*(board.finish() for board in boards))


def check_database(url: URL, boards: Iterable[Board]) -> None:
    """The database has what was acknowledged, all results, and ratings that follow from them."""

    def check(connection: Connection) -> None:
        expected = {}
        for board in boards:
            match = stored.find(connection, board.match_id)
            assert match is not None
            assert match.outcome is not None
            assert match.next_ply == board.made + board.abandons
            names = [player.name for player in match.fixture.players]
            assert names == [client.name for client in board.clients]
            if board.ranked:
                expected.update(zip(names, board.ratings, strict=True))
        check_ratings(connection, expected)

    read(url, check)


def read(url: URL, query: Callable[[Connection], T]) -> T:
    """Run a query in a transaction of its own, past all nodes."""
    with ThreadPoolExecutor(1) as apart:  # the thread of the test may have a loop that runs
        return apart.submit(lambda: backends.run(url, query, write=False)).result()


def check_ratings(connection: Connection, expected: dict[str, int]) -> None:
    """These accounts have these ratings; each match was rated once, and all are counted. Bots have
    no ratings.
    """
    players = tables.players
    rows = connection.execute(
        select(players.c.id, players.c.name, players.c.rating).where(
            players.c.registered, players.c.rating.is_not(None)
        )
    ).all()
    found = {row.name: row.rating for row in rows}
    assert {name: found[name] for name in expected} == expected
    counted = {
        row.rating: row.accounts
        for row in connection.execute(select(tables.rating_counts))
        if row.accounts
    }
    assert counted == {r: list(found.values()).count(r) for r in found.values()}
    changes = connection.execute(select(tables.rating_changes)).all()
    assert len({(row.match_id, row.player_id) for row in changes}) == len(changes)
    changed = dict.fromkeys((row.id for row in rows), 1000)
    for row in changes:
        changed[row.player_id] += row.rating_after - row.rating_before
    assert {row.name: changed[row.id] for row in rows} == found
