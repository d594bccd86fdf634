"""Analysis of finished matches over the WebSocket, by the real pool of engine processes."""

import asyncio
import os
import signal
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from support import api, games, matches
from support.client import Client
from support.naive import Move
from support.players import Players
from support.server import Server, running
from support.shape import Data
from uttt.rules.position import play, start

QUICK = {"UTTT_ANALYSIS_TIME": "10ms", "UTTT_ENGINE_PROCESSES": "2"}
SLOW = {**QUICK, "UTTT_ANALYSIS_TIME": "60ms"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), **QUICK) as server:
        yield server


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine takes only the time that nobody else wants: on a busy machine it is a while."""
    monkeypatch.setattr("support.client.PATIENCE", api.PATIENCE)


def numbers(game: tuple[Move, ...]) -> list[int]:
    """Moves as analyses have them."""
    return [9 * (3 * sub_y + sub_x) + 3 * y + x for sub_x, sub_y, x, y in game]


async def guests(players: Players, game: tuple[Move, ...] = games.WON_BY_A) -> Any:
    """Two guests who have just played a match to its end, and its id."""
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play_out(ann, bob, match_id, game)
    return ann, bob, match_id


async def refusal(client: Client, match_id: str) -> Data:
    await client.send("analysis_request", match_id=match_id)
    refused = await client.expect_refusal("analysis_request_response")
    assert refused["match_id"] == match_id
    return refused


async def analysed(client: Client, match_id: str) -> tuple[Data, list[Data]]:
    """Ask, and read all that comes until the analysis; returns it, and the progress before."""
    await client.send("analysis_request", match_id=match_id)
    response = await client.expect_success("analysis_request_response")
    assert response["match_id"] == match_id
    return await rest(client, match_id)


async def rest(client: Client, match_id: str) -> tuple[Data, list[Data]]:
    progress: list[Data] = []
    while (message := await client.receive())["type"] == "analysis_progress":
        assert message["data"]["match_id"] == match_id
        progress.append(message["data"])
    assert message["type"] == "analysis", message
    assert message["data"]["match_id"] == match_id
    done = [data["done"] for data in progress]
    assert done == sorted(done)
    return message["data"], progress


@pytest.mark.parametrize(
    ("game", "proof", "chance"),
    [
        (games.WON_BY_A, "first", 1),
        (games.WON_BY_B, "second", 0),
        (games.DRAWN, "draw", 0.5),
        (games.DRAWN_BY_WINNING, "draw", 0.5),
    ],
)
async def test_a_whole_match(
    players: Players, game: tuple[Move, ...], proof: str, chance: float
) -> None:
    ann, bob, match_id = await guests(players, game)
    analysis, progress = await analysed(ann, match_id)
    assert (analysis["ruleset"], analysis["setup"]) == ("standard", None)
    assert [move["move"] for move in analysis["moves"]] == numbers(game)
    assert (analysis["moves"][-1]["proof"], analysis["moves"][-1]["chance"]) == (proof, chance)
    assert progress[0] == {"match_id": match_id, "done": 0, "total": len(game)}
    loser = {"first": 1, "second": 0}.get(proof)
    if loser is None:
        assert analysis["turning_point"] is None
    else:
        lost = [ply for ply, move in enumerate(analysis["moves"]) if move["lost_by_force"]]
        assert lost, "a lost match was lost by some move"
        assert lost[-1] % 2 == loser
        assert analysis["turning_point"] % 2 == loser
    check_proofs(analysis)
    check_lines(analysis)
    await bob.quiet()


def check_proofs(analysis: Data) -> None:
    """What is certain changes by no move of the winner that was the best, and only with a word."""
    before = analysis["start"]["proof"]
    for ply, move in enumerate(analysis["moves"]):
        mover = ("first", "second")[ply % 2]
        if before not in (None, "draw", mover):
            assert move["proof"] == before, "whoever is lost stays lost, whatever he plays"
        assert move["lost_by_force"] == (move["proof"] == ("second", "first")[ply % 2] != before)
        before = move["proof"]


def check_lines(analysis: Data) -> None:
    """How it could have gone on is legal in the place of each move; else `play` raises."""
    position = start()
    for move in analysis["moves"]:
        assert reduce(play, move["line"], position).plies > position.plies
        position = play(position, move["move"])


async def test_the_second_who_asks_gets_what_is_there(players: Players) -> None:
    ann, bob, match_id = await guests(players)
    analysis, _ = await analysed(ann, match_id)
    assert await analysed(bob, match_id) == (analysis, [])
    assert await analysed(ann, match_id) == (analysis, [])


async def test_a_match_that_was_given_up(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:7])
    await matches.abandon(ann, bob, match_id)
    analysis, progress = await analysed(ann, match_id)
    assert [move["move"] for move in analysis["moves"]] == numbers(games.WON_BY_A[:7])
    assert analysis["turning_point"] is None
    assert progress[0]["total"] == 8


async def test_never_while_it_goes_on(players: Players) -> None:
    ann, bob, eve = await players.guests("ann", "bob", "eve")
    match_id = await matches.start(ann, bob)
    for made, move in enumerate(games.WON_BY_A[:-1]):
        await matches.play(ann, bob, match_id, [move], made)
        if made % 9 == 0:
            for client in (ann, bob, eve):
                assert (await refusal(client, match_id))["code"] == "match_running"
    last = len(games.WON_BY_A) - 1
    await matches.play(ann, bob, match_id, games.WON_BY_A[last:], last)
    for client in (ann, bob):
        await client.expect("elo_update")
    analysis, _ = await analysed(ann, match_id)
    assert len(analysis["moves"]) == len(games.WON_BY_A)


async def test_what_there_is_not(players: Players) -> None:
    ann = await players.guest("ann")
    for match_id in ("0" * 32, "", "../healthz", "x" * 5000):
        assert (await refusal(ann, match_id))["code"] == "unknown_match"
    await ann.send("analysis_request", id="0" * 32)
    assert (await ann.expect_refusal("analysis_request_response"))["code"] == "invalid_data"
    await ann.quiet()


async def test_who_has_the_id_may_ask(players: Players) -> None:
    """It has 128 random bits; whoever has it has it from a player."""
    _, _, match_id = await guests(players)
    eve = await players.guest("eve")
    analysis, _ = await analysed(eve, match_id)
    assert analysis["moves"]


async def test_both_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with running(tmp_path, **SLOW) as server:
        players = Players(server)
        ann, bob, match_id = await guests(players)
        tab, _ = await players.again(ann, account=False)
        for client in (ann, bob):
            await client.send("analysis_request", match_id=match_id)
            await client.expect_success("analysis_request_response")
        found = [await rest(client, match_id) for client in (ann, bob, tab)]
        analyses = [analysis for analysis, _ in found]
        assert analyses[0] == analyses[1] == analyses[2]
        assert all(len(progress) > 2 for _, progress in found)
        await players.close()


async def test_whoever_leaves_meanwhile_finds_it_when_he_comes_back(tmp_path: Path) -> None:
    """Also after a restart, and though both are guests."""
    with running(tmp_path, **SLOW) as server:
        players = Players(server)
        ann, bob, match_id = await guests(players)
        await ann.send("analysis_request", match_id=match_id)
        await ann.expect_success("analysis_request_response")
        await ann.close()
        await bob.close()
        answers = await api.wait_for_analysis(server, match_id)
        assert answers[0].status == 202, "it was done before anybody had left"
        assert answers[-1].status == 200
        back, _ = await players.again(ann, account=False)
        assert await analysed(back, match_id) == (answers[-1].data, [])
        server.restart()
        for client in (ann, bob):
            back, _ = await players.again(client, account=False)
            assert await analysed(back, match_id) == (answers[-1].data, [])
        await players.close()


async def test_it_is_begun_anew_after_a_restart_in_the_middle(tmp_path: Path) -> None:
    with running(tmp_path, **SLOW) as server:
        players = Players(server)
        ann, _, match_id = await guests(players)
        await ann.send("analysis_request", match_id=match_id)
        await ann.expect_success("analysis_request_response")
        server.restart()
        assert (await api.ask(server, "GET", api.path_of(match_id))).status == 404
        back, _ = await players.again(ann, account=False)
        analysis, progress = await analysed(back, match_id)
        assert analysis["moves"]
        assert progress
        await players.close()


async def test_an_engine_process_that_is_killed_harms_nobody(tmp_path: Path) -> None:
    with running(tmp_path, **SLOW) as server:
        players = Players(server)
        ann, _, match_id = await guests(players)
        await ann.send("analysis_request", match_id=match_id)
        await ann.expect_success("analysis_request_response")
        progress = await ann.expect("analysis_progress")
        while progress["done"] < 3:
            progress = await ann.expect("analysis_progress")
        killed = [os.kill(pid, signal.SIGKILL) for pid in children(server)]
        assert killed, "there was no process to kill"
        analysis, _ = await rest(ann, match_id)
        assert len(analysis["moves"]) == len(games.WON_BY_A)
        assert "engine_failed" in server.text()
        await players.close()


def children(server: Server) -> list[int]:
    assert server.process is not None
    pid = server.process.pid
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


async def test_a_guest_who_logs_out_takes_his_matches_with_him(players: Players) -> None:
    ann, bob, match_id = await guests(players)
    await analysed(ann, match_id)
    await bob.send("logout")
    await bob.expect_close()
    assert (await refusal(ann, match_id))["code"] == "unknown_match"


async def test_limits(tmp_path: Path) -> None:
    """Accounts have their own, guests share that of their address; what is there is free."""
    limits = {
        "UTTT_RATE_LIMITS": "on",
        "UTTT_ANALYSES_PER_MINUTE_PER_ACCOUNT": "1",
        "UTTT_ANALYSES_PER_MINUTE_PER_ADDRESS": "1",
    }
    with running(tmp_path, **QUICK, **limits) as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        eve = await players.account("eve")
        ids = []
        for _ in range(3):
            match_id = await matches.start(ann, bob)
            await matches.close_unrated(ann, bob, match_id)
            ids.append(match_id)
        await analysed(ann, ids[0])
        for client in (ann, bob):
            assert (await refusal(client, ids[1]))["code"] == "too_fast"
            await analysed(client, ids[0])
        await analysed(eve, ids[1])
        assert (await refusal(eve, ids[2]))["code"] == "too_fast"
        await analysed(ann, ids[1])
        answer = await api.ask(server, "POST", api.path_of(ids[2]))
        assert (answer.status, answer.data["code"]) == (429, "too_fast")
        await players.close()


async def test_bots_and_people_play_on_while_it_is_made(tmp_path: Path) -> None:
    with running(tmp_path, **SLOW) as server:
        players = Players(server)
        ann, bob, match_id = await guests(players)
        await ann.send("analysis_request", match_id=match_id)
        await ann.expect_success("analysis_request_response")
        carl, dora = await players.guests("carl", "dora")
        other = await matches.start(carl, dora)
        async with asyncio.timeout(5):
            await matches.play_out(carl, dora, other, games.WON_BY_B)
        analysis, _ = await rest(ann, match_id)
        assert analysis["match_id"] == match_id
        await bob.quiet()
        await players.close()
