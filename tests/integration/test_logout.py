"""logout (section 14.5): answered by nothing but the close of all connections of the session."""

import pytest

from support import matches
from support.players import PASSWORD, Players


async def test_temporary_user_gives_back_his_name(players: Players) -> None:
    tim = await players.guest("tim")
    await tim.send("logout")
    await tim.expect_close()
    await (await players.connect()).refused_reconnect(tim.session)
    await (await players.connect()).login(tim.name, PASSWORD)


async def test_name_can_be_taken_by_another_temporary_user(players: Players) -> None:
    tim = await players.guest("tim")
    await tim.send("logout")
    await tim.expect_close()
    greeting = await (await players.connect()).login(tim.name, "")
    assert greeting.matches == []


async def test_matches_of_a_temporary_user_vanish(players: Players) -> None:
    tim, ann, bob = await players.guest("tim"), await players.account("ann"), await players.guest()
    ids = await matches.start(tim, ann), await matches.start(bob, tim)
    await matches.play(tim, ann, ids[0], matches.OPENING)
    await tim.send("logout")
    await tim.expect_close()
    await ann.expect_gone(ids[0])
    await bob.expect_gone(ids[1])
    for client in (ann, bob):
        assert await client.states() == []
    await ann.move(ids[0], (1, 1, 2, 2))
    await ann.expect_error("unknown_match", request="move")
    await ann.quiet()


async def test_account_keeps_all_but_the_session(players: Players) -> None:
    ann, bob = await players.account("ann"), await players.guest("bob")
    match_id = await matches.start(ann, bob)
    await ann.send("logout")
    await ann.expect_close()
    await bob.quiet()
    await (await players.connect()).refused_reconnect(ann.session)
    greeting = await (await players.connect()).login(ann.name, PASSWORD)
    assert [match["id"] for match in greeting.matches] == [match_id]


async def test_all_connections_of_the_session_are_closed(players: Players) -> None:
    ann = await players.account("ann")
    same, _ = await players.again(ann, account=True)
    other_device = await players.connect()
    await other_device.login(ann.name, PASSWORD)
    await same.send("logout")
    for client in (ann, same):
        await client.expect_close()
    await other_device.quiet()
    await players.again(other_device, account=True)


async def test_searching_user_leaves_the_queue(players: Players) -> None:
    tim, ann = await players.guests("tim", "ann")
    await tim.send("match_request", player=None)
    await tim.expect_success("match_request_response")
    await tim.send("logout")
    await tim.expect_close()
    await ann.send("match_request", player=None)
    await ann.expect_success("match_request_response")
    await ann.quiet()
    await ann.send("cancel_match_request")
    await ann.expect_success("cancel_match_request_response")


@pytest.mark.parametrize("data", ["{}", '{"why": 1}', "null", "[]"])
async def test_any_data_will_do(players: Players, data: str) -> None:
    tim = await players.guest("tim")
    await tim.send_raw(f'{{"type": "logout", "data": {data}}}')
    await tim.expect_close()
    await (await players.connect()).refused_reconnect(tim.session)


@pytest.mark.parametrize("kind", ["account", "guest"])
async def test_messages_sent_after_it_have_no_effect(players: Players, kind: str) -> None:
    tim, ann = await getattr(players, kind)("tim"), await players.guest("ann")
    await tim.send("logout")
    await tim.send("match_request", player=ann.name)
    await tim.send("match_request", player=None)
    await tim.expect_close()
    await ann.quiet()
    assert await ann.states() == []
    await ann.send("match_request", player=None)
    await ann.expect_success("match_request_response")
    await ann.quiet()
    await ann.send("cancel_match_request")
    await ann.expect_success("cancel_match_request_response")
