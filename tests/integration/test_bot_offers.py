"""Looking for anybody when nobody comes: an offer for who wants to be asked, else a bot."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import matches
from support.client import Client
from support.naive import Game
from support.opponents import answered, invite
from support.players import Players
from support.server import Server, running
from support.shape import Data
from uttt.engine import LEVELS

SOON = {"UTTT_BOT_DELAY": "20ms", "UTTT_BOT_OFFER_AFTER": "500ms"}
LATER = 2.0
"""Seconds after which an offer would have come."""
RESPONSE = "match_request_response"
CENTRE = (1, 1, 1, 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), database_kind, **SOON) as server:
        yield server


async def search(client: Client, **more: object) -> None:
    await client.send("match_request", player=None, **more)
    await client.expect_success(RESPONSE)


async def nothing_more(client: Client) -> None:
    await asyncio.sleep(LATER)
    await client.quiet()


async def accept(client: Client, offer: Data) -> str:
    match_id = await invite(client, offer["name"])
    await answered(client, match_id, Game(), CENTRE)
    return match_id


async def test_who_wants_to_be_asked_is_asked_once(players: Players) -> None:
    ann = await players.guest("ann")
    await search(ann, bot_offer=True)
    offer = await ann.expect("bot_offer")
    assert offer["name"] == LEVELS[0].name, "a guest is offered the gentlest"
    await nothing_more(ann)
    await ann.send("cancel_match_request")
    await ann.expect_success("cancel_match_request_response")


async def test_who_accepts_has_left_the_queue(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann, bot_offer=True)
    await accept(ann, await ann.expect("bot_offer"))
    await search(bob, bot_offer=True)  # and is not paired with ann
    assert (await bob.expect("bot_offer"))["name"] == LEVELS[0].name
    await ann.send("cancel_match_request")
    await ann.expect_refusal("cancel_match_request_response")
    await bob.send("cancel_match_request")
    await bob.expect_success("cancel_match_request_response")


async def test_who_waits_on_after_an_offer_meets_people(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann, bot_offer=True)
    await ann.expect("bot_offer")
    await bob.send("match_request", player=None)
    update = await bob.expect("match_update")
    await bob.expect_success(RESPONSE)
    matches.same_content(update, await ann.expect("match_update"))
    assert update["match_state"]["player_a"] == ann.name


async def test_the_second_search_is_asked_again_for_another_bot(players: Players) -> None:
    ann = await players.guest("ann")
    await search(ann, bot_offer=True)
    await accept(ann, await ann.expect("bot_offer"))
    await search(ann, bot_offer=True)
    assert (await ann.expect("bot_offer"))["name"] == LEVELS[1].name
    await ann.send("cancel_match_request")
    await ann.expect_success("cancel_match_request_response")


async def test_who_invited_a_bot_before_any_offer_waits_on(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann, bot_offer=True)
    await invite(ann)
    await bob.send("match_request", player=None)
    assert (await bob.expect("match_update"))["match_state"]["player_a"] == ann.name
    await bob.expect_success(RESPONSE)
    await ann.expect("match_update")


@pytest.mark.parametrize("data", [{}, {"bot_offer": False}])
async def test_who_cannot_be_asked_gets_a_bot_and_begins(players: Players, data: Data) -> None:
    ann = await players.guest("ann")
    await search(ann, **data)
    update = await ann.expect("match_update")
    state = update["match_state"]
    assert (state["player_a"], state["player_b"]) == (ann.name, LEVELS[0].name)
    assert (update["moves"], update["ranked"]) == (0, False)
    await answered(ann, update["id"], Game(), CENTRE)
    await ann.send("cancel_match_request")
    await ann.expect_refusal("cancel_match_request_response")


async def test_an_account_gets_a_bot_of_its_strength(players: Players) -> None:
    ann = await players.account("ann")
    await search(ann)
    update = await ann.expect("match_update")
    nearest = min(LEVELS, key=lambda level: abs(level.elo - 1000))
    assert update["match_state"]["player_b"] == nearest.name
    assert update["ranked"] is False


async def test_who_leaves_gets_nothing(players: Players) -> None:
    ann = await players.guest("ann")
    await search(ann)
    await ann.close()
    await asyncio.sleep(LATER)
    _, greeting = await players.again(ann, account=False)
    assert greeting.matches == []


async def test_two_people_who_look_meet_before_any_bot(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann)
    await bob.send("match_request", player=None)
    update = await bob.expect("match_update")
    await bob.expect_success(RESPONSE)
    matches.same_content(update, await ann.expect("match_update"))
    for client in (ann, bob):
        await nothing_more(client)


async def test_who_has_five_matches_is_not_disturbed(players: Players) -> None:
    ann, last, *others = await players.guests("ann", "b", "c", "d", "e", "f")
    await matches.fill(ann, others)
    await search(ann)
    await matches.start(last, ann)
    await nothing_more(ann)


async def test_the_host_may_want_no_filling(tmp_path: Path) -> None:
    with running(tmp_path, UTTT_BOT_FILL="off", **SOON) as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        await search(ann)
        await nothing_more(ann)
        await ann.send("cancel_match_request")
        await ann.expect_success("cancel_match_request_response")
        await search(bob, bot_offer=True)
        await bob.expect("bot_offer")
        await players.close()


@pytest.mark.parametrize("off", [{"UTTT_BOT_OFFER": "off"}, {"UTTT_BOTS": "off"}])
async def test_the_host_may_want_no_offers(tmp_path: Path, off: dict[str, str]) -> None:
    with running(tmp_path, **SOON, **off) as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        await search(ann, bot_offer=True)
        await nothing_more(ann)
        await bob.send("match_request", player=None)
        await bob.expect("match_update")
        await bob.expect_success(RESPONSE)
        await ann.expect("match_update")
        await players.close()
