"""reconnect, what follows it, and what a session survives (sections 4.2, 4.3, 13.9, 14.4, 14.5)."""

from pathlib import Path

import pytest

from support import matches
from support.players import PASSWORD, Players, unique
from support.server import running


async def test_account_comes_back(players: Players) -> None:
    ann = await players.account("ann")
    await ann.close()
    _, greeting = await players.again(ann, account=True)
    assert greeting.response == {
        "success": True,
        "id": ann.session,
        "user": ann.name,
        "registered": True,
        "msg": "",
    }
    assert greeting.friends == {"friends": [], "elos": []}


async def test_temporary_user_comes_back_without_friends_update(players: Players) -> None:
    tim = await players.guest("tim")
    await tim.close()
    _, greeting = await players.again(tim, account=False)
    assert greeting.response["user"] == tim.name
    assert greeting.friends is None


async def test_an_id_can_be_used_any_number_of_times(players: Players) -> None:
    tim = await players.guest("tim")
    for _ in range(5):
        other, _ = await players.again(tim, account=False)
        await other.close()


async def test_all_matches_follow(players: Players) -> None:
    ann, bob, cat = await players.guests("ann", "bob", "cat")
    first, second = await matches.start(ann, bob), await matches.start(cat, ann)
    await matches.play(ann, bob, first, matches.OPENING)
    await ann.close()
    _, greeting = await players.again(ann, account=False)
    assert {match["id"]: match["moves"] for match in greeting.matches} == {first: 2, second: 0}


UNUSABLE: tuple[object, ...] = (
    *(None, 0, 5, True, [], {}, "", " ", "x", "0" * 64, "0" * 32, "a" * 10_000, "\x00", "é" * 64),
)


@pytest.mark.parametrize("session", UNUSABLE, ids=lambda value: repr(value)[:20])
async def test_unusable_ids_are_refused(players: Players, session: object) -> None:
    client = await players.connect()
    await client.refused_reconnect(session)


async def test_missing_id_is_refused(players: Players) -> None:
    client = await players.connect()
    await client.send("reconnect")
    await client.expect_refusal("reconnect_response")
    await client.expect_close()


async def test_ids_are_compared_exactly(players: Players) -> None:
    tim = await players.guest("tim")
    session = tim.session
    for wrong in (
        session.upper() if session.upper() != session else session + "0",
        session + " ",
        " " + session,
        session + "\n",
        session[:-1],
        session[:32],
        session + "0",
        [session],
        {"id": session},
    ):
        client = await players.connect()
        await client.refused_reconnect(wrong)


async def test_new_login_leaves_other_sessions_valid(players: Players) -> None:
    """14.4 wins over 4.1: other devices stay logged in."""
    ann = await players.account("ann")
    second = await players.connect()
    await second.login(ann.name, PASSWORD)
    await ann.quiet()
    for session in (ann, second):
        await players.again(session, account=True)


async def test_sessions_accounts_and_matches_survive_a_restart(
    tmp_path: Path, database_kind: str
) -> None:
    with running(tmp_path, database_kind) as server:
        before = Players(server)
        ann, bob = await before.account("ann"), await before.guest("bob")
        friend = await before.account("friend")
        await ann.send("friend_request", user=friend.name)
        await ann.expect_success("friend_request_response")
        await ann.expect("friends_update")
        match_id = await matches.start(ann, bob)
        update = await matches.play(ann, bob, match_id, matches.OPENING)
        server.terminate()
        for client in (ann, bob, friend):
            await client.expect_close(1001)
        await before.close()
        server.restart()
        after = Players(server)
        ann_again, greeting = await after.again(ann, account=True)
        assert greeting.friends == {"friends": [friend.name], "elos": [1000]}
        matches.same_content(greeting.matches[0], update)
        bob_again, greeting = await after.again(bob, account=False)
        matches.same_content(greeting.matches[0], update)
        await matches.play(ann_again, bob_again, match_id, [(1, 1, 2, 2)], made=2)
        await (await after.connect()).refused_login(bob.name, "")
        await (await after.connect()).login(ann.name, PASSWORD)
        await (await after.connect()).login(unique("new"), PASSWORD)
        await after.close()
