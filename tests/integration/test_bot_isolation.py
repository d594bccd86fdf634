"""Workers that die or hang while bots think: people notice nothing, and the bots go on."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from support import games, matches
from support.client import Client
from support.naive import Game
from support.opponents import bots_move, invite
from support.players import Players
from support.server import Server, running

SETTINGS = {
    "UTTT_BOT_DELAY": "1ms",
    "UTTT_ENGINE_PROCESSES": "2",
    "UTTT_ENGINE_PATIENCE": "1s",
}
CENTRE = (1, 1, 1, 1)
THINKER = "bot-dragon"


def workers(server: Server) -> list[int]:
    """The processes in which the bots of a server think."""
    assert server.process is not None
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def begin(client: Client) -> tuple[str, Game]:
    """A match in which the bot has begun to think for a second."""
    match_id = await invite(client, THINKER)
    await client.move(match_id, CENTRE)
    await client.expect_state(match_id)
    return match_id, Game([CENTRE])


async def found(server: Server, number: int) -> list[int]:
    async with asyncio.timeout(20):
        while len(pids := workers(server)) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return pids


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV])
async def test_workers_die_or_hang(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path, **SETTINGS) as server:
        players = Players(server)
        cat, dan, ann, bob = await players.guests("cat", "dan", "ann", "bob")
        with_bots = [(client, *await begin(client)) for client in (cat, dan)]
        pids = await found(server, 2)
        for _ in range(2):  # both have started then, and the first moves are made in less time
            for client, match_id, game in with_bots:
                await bots_move(client, match_id, game)
            for client, match_id, game in with_bots:
                move = game.legal_moves()[0]
                await client.move(match_id, move)
                await client.expect_state(match_id)
                game.play(move)
        await asyncio.sleep(0.2)
        for pid in pids:
            os.kill(pid, how)
        # people go on meanwhile, from the beginning to the end of a match
        between = await matches.start(ann, bob)
        started = time.monotonic()
        await matches.play_out(ann, bob, between, games.WON_BY_A)
        assert time.monotonic() - started < 4
        for client, match_id, game in with_bots:
            async with asyncio.timeout(40):
                await eventually(client, match_id, game)
        assert not set(pids) & set(workers(server))
        assert "engine_failed" in server.text()
        await players.close()


async def eventually(client: Client, match_id: str, game: Game) -> None:
    """The move of the bot comes, however long it takes."""
    while True:
        try:
            await bots_move(client, match_id, game)
        except TimeoutError:
            continue
        return


async def test_workers_that_die_again_and_again_end_nobodys_match(tmp_path: Path) -> None:
    with running(tmp_path, **SETTINGS) as server:
        players = Players(server)
        cat, ann, bob = await players.guests("cat", "ann", "bob")
        match_id, game = await begin(cat)
        between = await matches.start(ann, bob)
        made = 0
        until = time.monotonic() + 3
        while time.monotonic() < until:
            for pid in workers(server):
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.05)
            if made < len(games.WON_BY_A) - 1:
                await matches.play(ann, bob, between, [games.WON_BY_A[made]], made)
                made += 1
        assert made > 5
        await eventually(cat, match_id, game)
        (match,) = await cat.states()
        assert (match["moves"], match["result"]) == (2, None)
        server.expected = ("bot_cannot_move",)
        await players.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_workers_end_with_their_server(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path, **SETTINGS) as server:
        players = Players(server)
        ann = await players.guest("ann")
        await begin(ann)
        pids = await found(server, 1)
        if how is signal.SIGKILL:
            server.kill()
        else:
            server.stop()
        async with asyncio.timeout(10):
            while any(is_alive(pid) for pid in pids):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        server.start()
        await players.close()
