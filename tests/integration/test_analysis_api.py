"""Analyses by the JSON API: statuses, headers, limits, and that it leaves all else alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import api, games, matches, shape
from support.client import Client
from support.players import Players
from support.server import Server, running

QUICK = {"UTTT_ANALYSIS_TIME": "10ms", "UTTT_ENGINE_PROCESSES": "2"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), **QUICK) as server:
        yield server


def is_error(answer: api.Answer, status: int, code: str) -> bool:
    assert set(answer.data) == {"code", "msg"}, answer
    assert answer.data["msg"]
    assert answer.headers["cache-control"] == "no-store"
    return (answer.status, answer.data["code"]) == (status, code)


async def ended(players: Players) -> str:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play_out(ann, bob, match_id, games.WON_BY_B)
    return match_id


async def test_from_the_request_to_the_analysis(players: Players, server: Server) -> None:
    match_id = await ended(players)
    path = api.path_of(match_id)
    assert is_error(await api.ask(server, "GET", path), 404, "not_analysed")
    begun = await api.ask(server, "POST", path)
    assert begun.status == 202
    assert begun.data == {"match_id": match_id, "done": 0, "total": len(games.WON_BY_B)}
    assert begun.headers["retry-after"] == "1"
    answers = await api.wait_for_analysis(server, match_id)
    done = [answer.data["done"] for answer in answers[:-1]]
    assert done == sorted(done)
    assert answers[-1].status == 200
    shape.analysis(answers[-1].data)
    assert answers[-1].headers["x-content-type-options"] == "nosniff"
    again = await api.ask(server, "POST", path)
    assert (again.status, again.data) == (200, answers[-1].data)
    eve = await players.guest("eve")
    await eve.send("analysis_request", match_id=match_id)
    await eve.expect_success("analysis_request_response")
    assert await eve.expect("analysis") == answers[-1].data


async def test_never_while_it_goes_on(players: Players, server: Server) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for made in range(2):
        for method in ("GET", "POST"):
            answer = await api.ask(server, method, api.path_of(match_id))
            assert is_error(answer, 409, "match_running")
        await matches.play(ann, bob, match_id, games.WON_BY_A[made : made + 1], made)


@pytest.mark.parametrize("match_id", ["0" * 32, "%27%20OR%201", "%00", "%C3%A4", "x" * 2000, "%2F"])
async def test_what_there_is_not(server: Server, match_id: str) -> None:
    for method in ("GET", "POST"):
        answer = await api.ask(server, method, api.path_of(match_id))
        assert is_error(answer, 404, "unknown_match")


async def test_other_methods_and_paths_are_as_before(players: Players, server: Server) -> None:
    match_id = await ended(players)
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await api.ask(server, method, api.path_of(match_id))).status == 405
    for path in ("/api", "/api/matches", f"/api/matches/{match_id}", f"{api.path_of(match_id)}/"):
        assert (await api.ask(server, "GET", path)).status == 404
    page = await api.ask(server, "GET", "/")
    assert page.headers["content-type"].startswith("text/html")


async def test_a_websocket_is_there_on_any_path(server: Server) -> None:
    client = await Client.open(server.url + "api/matches/x/analysis")
    await client.login("somebody", "")
    await client.close()


async def test_limits_of_each_address(tmp_path: Path) -> None:
    limits = {
        "UTTT_RATE_LIMITS": "on",
        "UTTT_TRUSTED_PROXIES": "127.0.0.1",
        "UTTT_ANALYSES_PER_MINUTE_PER_ADDRESS": "2",
        "UTTT_API_REQUESTS_PER_MINUTE_PER_ADDRESS": "20",
    }
    with running(tmp_path, **QUICK, **limits) as server:
        players = Players(server)
        paths = [api.path_of(await ended(players)) for _ in range(3)]

        async def post(path: str, address: str) -> api.Answer:
            return await api.ask(server, "POST", path, X_Forwarded_For=address)

        for path in paths[:2]:
            assert (await post(path, "192.0.2.1")).status == 202
        refused = await post(paths[2], "192.0.2.1")
        assert is_error(refused, 429, "too_fast")
        assert refused.headers["retry-after"] == "30"
        assert (await post(paths[2], "192.0.2.2")).status == 202
        assert (await post(paths[2], "192.0.2.1")).status in (200, 202)
        answers = [
            await api.ask(server, "GET", paths[0], X_Forwarded_For="192.0.2.3") for _ in range(21)
        ]
        assert {answer.status for answer in answers[:20]} <= {200, 202}
        assert is_error(answers[20], 429, "too_fast")
        assert answers[20].headers["retry-after"] == "3"
        assert is_error(await post(paths[0], "192.0.2.3"), 429, "too_fast")
        assert (await api.ask(server, "GET", paths[0], X_Forwarded_For="192.0.2.4")).status < 300
        await players.close()
