"""Bots as players: everybody invites them by name, they answer, and hold to what others hold to."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import KINDS
from support import matches
from support.client import Client
from support.naive import Game
from support.opponents import GENTLE, answered, bots_move, invite, play_on
from support.players import PASSWORD, Players
from support.server import Server, running
from uttt.engine import LEVELS

QUICK = {"UTTT_BOT_DELAY": "20ms"}
CENTRE = (1, 1, 1, 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), database_kind, **QUICK) as server:
        yield server


async def listed(client: Client) -> dict[str, object]:
    await client.send("bots_request")
    return await client.expect("bots")


async def test_the_bots_are_listed_gentlest_first(players: Players) -> None:
    ann = await players.guest("ann")
    bots = await listed(ann)
    assert bots == {
        "bots": [
            {
                "name": level.name,
                "title": level.title,
                "face": level.face,
                "description": level.description,
                "elo": level.elo,
            }
            for level in LEVELS
        ],
        "rated": False,
    }


async def test_a_whole_game_by_a_guest(players: Players) -> None:
    ann = await players.guest("ann")
    match_id = await invite(ann)
    end = await play_on(ann, match_id, Game())
    assert end["result"] in ("won", "drawn")
    assert end["ranked"] is False
    elo = await ann.expect("elo_update")
    assert elo["elo"] is None
    await ann.quiet()
    assert await ann.states() == []
    await matches_again(ann)


async def matches_again(client: Client) -> None:
    """The pair may play again at once, and end it at will."""
    match_id = await invite(client)
    await client.send("end_match", id=match_id)
    update = await client.expect_state(match_id)
    assert update["result"] == "abandoned"


@pytest.mark.parametrize("level", [level.name for level in LEVELS])
async def test_every_bot_answers(players: Players, level: str) -> None:
    ann = await players.guest("ann")
    match_id = await invite(ann, level)
    await answered(ann, match_id, Game(), CENTRE)
    await ann.quiet()


async def test_a_match_with_a_bot_changes_no_rating(players: Players) -> None:
    ann = await players.account("ann")
    match_id = await invite(ann)
    await answered(ann, match_id, Game(), CENTRE)
    await ann.send("end_match", id=match_id)  # rated, this would cost ten points
    update = await ann.expect_state(match_id)
    assert (update["ranked"], update["result"]) == (False, "abandoned")
    await ann.quiet()
    _, greeting = await players.again(ann, account=True)
    assert greeting.elo["elo"] == 1000
    assert not any(name.startswith("bot-") for name in greeting.elo["top_names"])


async def test_one_bot_plays_many_at_a_time_and_each_person_five(players: Players) -> None:
    people = await players.guests(*("p" for _ in range(8)))
    games = {client: (await invite(client), Game()) for client in people}

    async def first_moves(client: Client) -> None:
        match_id, game = games[client]
        await answered(client, match_id, game, CENTRE)

    await asyncio.gather(*(first_moves(client) for client in people))
    ann = await players.guest("ann")
    for level in LEVELS[:5]:
        await invite(ann, level.name)
    await ann.send("match_request", player=LEVELS[5].name)
    refusal = await ann.expect_refusal("match_request_response")
    assert "5 open matches" in refusal["msg"]


async def test_one_match_with_each_bot(players: Players) -> None:
    ann = await players.guest("ann")
    await invite(ann)
    await ann.send("match_request", player=GENTLE.upper())
    await ann.expect_refusal("match_request_response")


@pytest.mark.parametrize("name", ["bot-chick", "bot-dragon", "bot-nobody", "BOT-Chick"])
@pytest.mark.parametrize("pw", ["", PASSWORD, "bot"])
async def test_nobody_is_a_bot(players: Players, name: str, pw: str) -> None:
    stranger = await players.connect()
    refusal = await stranger.refused_login(name, pw)
    assert "bot-" in refusal["msg"]


async def test_no_temporary_session_takes_the_name_of_a_bot(players: Players) -> None:
    stranger = await players.connect()
    await stranger.send("temp_session", name="bot-nobody")
    await stranger.expect_refusal("login_response")
    await stranger.expect_close()


async def test_names_that_only_look_like_it_are_free(players: Players) -> None:
    for name in ("bot", "bots-1", "robot-1", "bot_chick"):
        client = await players.connect()
        await client.login(name, "")


async def test_a_bot_may_be_a_friend(players: Players) -> None:
    ann = await players.account("ann")
    await ann.send("friend_request", user=GENTLE)
    await ann.expect_success("friend_request_response")
    friends = await ann.expect("friends_update")
    assert friends == {"friends": [GENTLE], "elos": [LEVELS[0].elo]}
    _, greeting = await players.again(ann, account=True)
    assert greeting.friends == friends


async def test_a_person_is_away_while_the_bot_moves(players: Players) -> None:
    ann = await players.guest("ann")
    match_id = await invite(ann)
    game = Game()
    await ann.move(match_id, CENTRE)
    await ann.expect_state(match_id)
    game.play(CENTRE)
    await ann.close()
    deadline = time.monotonic() + 10
    moves = 1
    while moves == 1:
        assert time.monotonic() < deadline
        again, greeting = await players.again(ann, account=False)
        # The bot may move while the state is being told: then both stand in the greeting.
        moves = max(match["moves"] for match in greeting.matches)
        await again.close()
    assert moves == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_bots_go_on_after_sigkill(tmp_path: Path, kind: str) -> None:
    """Killed while it is the bot's turn: after the restart nobody needs to ask for its move."""
    with running(tmp_path, kind, UTTT_BOT_DELAY="60s") as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        pairs = [(client, await invite(client), Game()) for client in (ann, bob)]
        for client, match_id, game in pairs:
            await client.move(match_id, CENTRE)
            await client.expect_state(match_id)
            game.play(CENTRE)
        server.kill()
        server.environment |= QUICK
        server.start()
        for client, match_id, game in pairs:
            again, greeting = await players.again(client, account=False)
            match = greeting.matches[-1]  # the bot may move while the state is being told
            if match["moves"] == 1:
                await bots_move(again, match_id, game)
            else:
                last = match["match_state"]["last_move"]
                game.play((last["sub_x"], last["sub_y"], last["x"], last["y"]))
            end = await play_on(again, match_id, game)
            assert end["result"] in ("won", "drawn")
        await players.close()


async def test_rated_bots_have_a_rating_and_matches_count(
    tmp_path: Path, database_kind: str
) -> None:
    with running(tmp_path, database_kind, UTTT_BOTS_RATED="on", **QUICK) as server:
        players = Players(server)
        ann = await players.account("ann")
        assert (await listed(ann))["rated"] is True
        match_id = await invite(ann)
        update = await answered(ann, match_id, Game(), CENTRE)
        assert update["ranked"] is True
        await ann.send("end_match", id=match_id)
        elo = await ann.expect("elo_update")
        assert elo["elo"] < 1000
        ratings = dict(zip(elo["top_names"], elo["top_elos"], strict=True))
        assert ratings[GENTLE] > LEVELS[0].elo
        assert {level.name for level in LEVELS} < ratings.keys()
        await ann.expect_state(match_id)
        still_open = await invite(ann)
        await answered(ann, still_open, Game(), CENTRE)
        server.stop()
        server.environment["UTTT_BOTS_RATED"] = "off"
        server.start()
        ann, greeting = await players.again(ann, account=True)
        assert greeting.elo["top_names"] == [ann.name]
        (match,) = greeting.matches
        assert (match["id"], match["ranked"]) == (still_open, False)
        await ann.send("end_match", id=still_open)
        await ann.expect_state(still_open)
        await ann.quiet()
        await players.close()


async def test_without_bots(tmp_path: Path, database_kind: str) -> None:
    """A host who wants none: nobody is listed, and who is left from before plays with nobody."""
    with running(tmp_path, database_kind, **QUICK) as server:
        players = Players(server)
        ann = await players.guest("ann")
        await invite(ann)
        server.stop()
        server.environment["UTTT_BOTS"] = "off"
        server.start()
        bob = await players.guest("bob")
        assert (await listed(bob))["bots"] == []
        await bob.send("match_request", player=GENTLE)
        refusal = await bob.expect_refusal("match_request_response")
        assert "do not play" in refusal["msg"]
        await players.close()


async def test_a_bot_that_is_full_says_so(tmp_path: Path, database_kind: str) -> None:
    with running(tmp_path, database_kind, UTTT_BOT_MATCHES="2", **QUICK) as server:
        players = Players(server)
        ann, bob, cat = await players.guests("ann", "bob", "cat")
        first = await invite(ann)
        await invite(bob)
        await cat.send("match_request", player=GENTLE)
        refusal = await cat.expect_refusal("match_request_response")
        assert GENTLE in refusal["msg"]
        await ann.send("end_match", id=first)
        await ann.expect_state(first)
        await invite(cat)
        await players.close()


async def test_people_play_each_other_as_before(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await matches.rated_win(ann, bob)
