"""Two nodes on one database: whatever they do at once happens once.

A node does not hear from the other one; it finds out when it reads or loses a race.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from databases import KINDS, database
from support import games, matches
from support.board import check_ratings, read
from support.client import Client
from support.elo import rated
from support.naive import Game, Move
from support.players import Players
from support.server import Server, running
from support.shape import Data
from uttt.storage import tables

SHORT = {"UTTT_MATCH_LIFETIME": "1500ms", "UTTT_CHECK_INTERVAL": "50ms"}
CELLS = [(a, b, c, d) for a in range(3) for b in range(3) for c in range(3) for d in range(3)]


@dataclass
class Nodes:
    """The players of each of the two nodes, and the database."""

    one: Players
    two: Players
    url: URL

    async def pair(self, made: tuple[Move, ...], *, accounts: bool) -> tuple[Client, Client, str]:
        """A match after these moves; ann began it on the first node, bob is on the second."""
        make = self.one.accounts if accounts else self.one.guests
        ann, bob = await make("ann", "bob")
        match_id = await matches.start(ann, bob)
        await matches.play(ann, bob, match_id, made)
        await bob.close()
        there, greeting = await self.two.again(bob, account=accounts)
        assert [match["moves"] for match in greeting.matches] == [len(made)]
        return ann, there, match_id


@contextmanager
def two_servers(
    directory: Path, kind: str, **settings: str
) -> Iterator[tuple[Server, Server, URL]]:
    with database(kind, directory) as url:
        settings["UTTT_DATABASE_URL"] = url.render_as_string(hide_password=False)
        places = directory / "one", directory / "two"
        for place in places:
            place.mkdir()
        with running(places[0], **settings) as one, running(places[1], **settings) as two:
            yield one, two, url


@pytest.fixture(scope="module", params=KINDS)
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server, URL]]:
    with two_servers(tmp_path_factory.mktemp("nodes"), request.param) as servers:
        yield servers


@pytest_asyncio.fixture
async def nodes(servers: tuple[Server, Server, URL]) -> AsyncIterator[Nodes]:
    one, two, url = servers
    nodes = Nodes(Players(one), Players(two), url)
    yield nodes
    await nodes.one.close()
    await nodes.two.close()


def results(connection: Connection) -> dict[str, tuple[str | None, int | None]]:
    """Result and winner of each match, by id; each has at most one event that is no move."""
    found = connection.execute(select(tables.matches)).all()
    return {row.public_id: (row.result, row.winner) for row in found}


async def heard(*clients: Client) -> list[list[Data]]:
    """What each has been told since he was asked last."""
    return list(await asyncio.gather(*(client.until_marker() for client in clients)))


def codes(messages: list[Data]) -> list[str]:
    return [message["data"]["code"] for message in messages if message["type"] == "error"]


def updates(messages: list[Data]) -> list[Data]:
    return [message["data"] for message in messages if message["type"] == "match_update"]


async def test_both_end_a_match_at_once(nodes: Nodes) -> None:
    """One of them is first. The other one is told so, and that there is nothing left to end."""
    expected = {}
    pairs = [await nodes.pair(matches.OPENING, accounts=True) for _ in range(4)]
    await asyncio.gather(
        *(client.send("end_match", id=match_id) for *pair, match_id in pairs for client in pair)
    )
    for ann, bob, match_id in pairs:
        told = await heard(ann, bob)
        assert sorted(map(codes, told)) == [[], ["match_over"]]
        winner = 1 if codes(told[0]) == [] else 0
        for messages in told:
            assert [update["result"] for update in updates(messages)] == ["abandoned"]
        assert read(nodes.url, results)[match_id] == ("abandoned", winner)
        for side, client in enumerate((ann, bob)):
            expected[client.name] = rated(1000, 1000, 1.0 if side == winner else 0.0)
    read(nodes.url, lambda connection: check_ratings(connection, expected))


async def test_one_wins_while_the_other_one_gives_up(nodes: Nodes) -> None:
    expected = {}
    pairs = [await nodes.pair(games.WON_BY_A[:-1], accounts=True) for _ in range(3)]
    await asyncio.gather(
        *(ann.move(match_id, games.WON_BY_A[-1]) for ann, _, match_id in pairs),
        *(bob.send("end_match", id=match_id) for _, bob, match_id in pairs),
    )
    for ann, bob, match_id in pairs:
        told = await heard(ann, bob)
        assert sorted(map(codes, told)) == [[], ["match_over"]]
        result, winner = read(nodes.url, results)[match_id]
        assert (result, winner) == ("won" if codes(told[0]) == [] else "abandoned", 0)
        assert {update["result"] for messages in told for update in updates(messages)} == {result}
        expected |= {ann.name: rated(1000, 1000, 1.0), bob.name: rated(1000, 1000, 0.0)}
    read(nodes.url, lambda connection: check_ratings(connection, expected))


async def test_a_player_moves_on_both_nodes_at_once(nodes: Nodes) -> None:
    """The same move, and different ones: one of the two counts."""
    ann, there, match_id = await nodes.pair((), accounts=False)
    here, _ = await nodes.two.again(ann, account=False)
    game = Game()
    for ply in range(12):
        legal = [cell for cell in CELLS if not game.faults(cell)]
        tried = [legal[0], legal[0 if ply % 4 == 0 else -1]]
        if ply % 2:
            await there.move(match_id, legal[0])
            (told,) = await heard(there)
            assert codes(told) == []
        else:
            await asyncio.gather(ann.move(match_id, tried[0]), here.move(match_id, tried[1]))
            by_client = await heard(ann, here)
            assert sorted(map(codes, by_client)) == [[], ["not_your_turn"]]
            told = by_client[0] + by_client[1]
            assert {update["moves"] for update in updates(told)} <= {ply, ply + 1}
        last = updates(told)[-1]
        assert last["moves"] == ply + 1
        moved = [cell for cell in legal if Game([*game.moves, cell]).field
                 == last["match_state"]["complete_field"]]  # fmt: skip
        assert moved[0] in tried
        game.play(moved[0])


async def test_each_plays_on_his_own_node(nodes: Nodes) -> None:
    """What a node knows of the match is always one move old, and nobody is refused for that."""
    ann, bob, match_id = await nodes.pair((), accounts=True)
    for ply, move in enumerate(games.WON_BY_A):
        mover = (ann, bob)[ply % 2]
        await mover.move(match_id, move)
        (told,) = await heard(mover)
        assert codes(told) == []
        assert [update["moves"] for update in updates(told)] == [ply, ply + 1][ply == 0 :]
    await bob.move(match_id, games.WON_BY_A[0])
    (told,) = await heard(bob)
    assert codes(told) == ["match_over"]
    assert updates(told)[0]["match_state"]["player_won"] == ann.name
    expected = {ann.name: rated(1000, 1000, 1.0), bob.name: rated(1000, 1000, 0.0)}
    read(nodes.url, lambda connection: check_ratings(connection, expected))


@pytest.mark.parametrize("kind", KINDS)
async def test_both_sweep_at_once(tmp_path: Path, kind: str) -> None:
    """Each match that expires is rated once."""
    with two_servers(tmp_path, kind, **SHORT) as (one, two, url):
        nodes = Nodes(Players(one), Players(two), url)
        pairs = [await nodes.one.accounts("ann", "bob") for _ in range(2)]
        for ann, bob in pairs:
            await matches.play(ann, bob, await matches.start(ann, bob), matches.OPENING)
        async with asyncio.timeout(10):
            while ("expired", 1) not in read(url, results).values():  # noqa: ASYNC110 - by others
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        assert set(read(url, results).values()) == {("expired", 1)}
        expected = {}
        for ann, bob in pairs:
            expected |= {ann.name: rated(1000, 1000, 0.0), bob.name: rated(1000, 1000, 1.0)}
        read(url, lambda connection: check_ratings(connection, expected))
        await nodes.one.close()
