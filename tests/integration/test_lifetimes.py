"""Lifetimes of sessions and accounts, shortened by settings (sections 11.3, 13.16, 13.17).

Waits are either for a push, or as long as the lifetime whose passing is to be shown.
"""

import asyncio
import time
from collections.abc import Iterator

import pytest

from support import matches
from support.client import PATIENCE, Client
from support.players import PASSWORD, Players
from support.server import Server, running

GUEST, SESSION, ACCOUNT = 1.0, 1.0, 2.5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Server]:
    with running(
        tmp_path_factory.mktemp("lifetimes"),
        database_kind,
        UTTT_TEMPORARY_SESSION_LIFETIME=f"{GUEST:.0f}s",
        UTTT_SESSION_LIFETIME=f"{SESSION * 1000:.0f}ms",
        UTTT_ACCOUNT_LIFETIME=f"{ACCOUNT}",
        UTTT_CHECK_INTERVAL="100ms",
    ) as server:
        yield server


async def try_login(players: Players, name: str, pw: str) -> Client | None:
    client = await players.connect()
    await client.send("login", name=name, pw=pw)
    answer = await client.expect("login_response")
    return client if answer["success"] else None


async def free_name(players: Players, name: str) -> float:
    """Try to take the name as a temporary user until it is free; returns the seconds this took."""
    start = time.monotonic()
    while await try_login(players, name, "") is None:
        assert time.monotonic() - start < PATIENCE, "the name never became free"
        await asyncio.sleep(0.05)
    return time.monotonic() - start


async def test_temporary_session_expires(players: Players) -> None:
    tim = await players.guest("tim")
    await tim.close()
    await players.again(tim, account=False)
    await players.close()
    assert await free_name(players, tim.name) > GUEST / 2
    await (await players.connect()).refused_reconnect(tim.session)


async def test_freed_name_can_become_an_account(players: Players) -> None:
    tim = await players.guest("tim")
    await tim.close()
    await asyncio.sleep(GUEST + 0.5)
    greeting = await (await players.connect()).login(tim.name, PASSWORD)
    assert greeting.elo["elo"] == 1000


async def test_matches_of_an_expired_temporary_user_vanish_unrated(players: Players) -> None:
    ann, tim = await players.account("ann"), await players.guest("tim")
    match_id = await matches.start(ann, tim)
    await matches.play(ann, tim, match_id, matches.OPENING)
    await tim.close()
    await ann.expect_gone(match_id)
    await ann.quiet()
    assert await ann.states() == []
    _, greeting = await players.again(ann, account=True)
    assert greeting.elo["elo"] == 1000
    await ann.send("match_request", player=tim.name)
    await ann.expect_refusal("match_request_response")


@pytest.mark.parametrize("account", [False, True], ids=["temporary", "account"])
async def test_live_connection_keeps_its_session_without_a_word(
    players: Players, account: bool
) -> None:
    ann = await (players.account("ann") if account else players.guest("ann"))
    await asyncio.sleep((ACCOUNT if account else GUEST) + 0.7)
    assert await try_login(players, ann.name, "") is None
    await ann.quiet()
    await players.again(ann, account=account)


async def test_page_reload_after_a_long_silence_keeps_the_session(players: Players) -> None:
    ann = await players.guest("ann")
    await asyncio.sleep(GUEST + 0.5)
    await ann.close()
    await players.again(ann, account=False)


async def test_messages_renew_a_session(players: Players) -> None:
    """Each reconnect moves the end; in between the connection is closed."""
    ann = await players.guest("ann")
    for _ in range(3):
        await ann.close()
        await asyncio.sleep(GUEST * 0.6)
        ann, _ = await players.again(ann, account=False)


async def test_expired_session_of_an_account_leaves_account_and_matches(players: Players) -> None:
    ann, bob = await players.account("ann"), await players.guest("bob")
    match_id = await matches.start(ann, bob)
    await ann.close()
    await asyncio.sleep(SESSION + 0.5)
    await (await players.connect()).refused_reconnect(ann.session)
    await bob.quiet()
    greeting = await (await players.connect()).login(ann.name, PASSWORD)
    assert [match["id"] for match in greeting.matches] == [match_id]


async def test_account_expires_with_all_it_has(players: Players) -> None:
    ann, bob, tim = *await players.accounts("ann", "bob"), await players.guest("tim")
    for client, other in ((ann, bob), (bob, ann)):
        await client.send("friend_request", user=other.name)
        await client.expect_success("friend_request_response")
        await client.expect("friends_update")
    await matches.rated_win(bob, ann)
    ids = await matches.start(ann, bob), await matches.start(tim, bob)
    await matches.play(ann, bob, ids[0], matches.OPENING)
    await bob.close()
    closed = time.monotonic()
    await ann.expect_gone(ids[0])
    assert time.monotonic() - closed > ACCOUNT / 2
    await tim.expect_gone(ids[1])
    for client in (ann, tim):
        await client.quiet()
        assert await client.states() == []
    _, greeting = await players.again(ann, account=True)
    assert greeting.friends == {"friends": [], "elos": []}
    assert greeting.elo["elo"] == 990
    assert bob.name not in greeting.elo["top_names"]
    await (await players.connect()).refused_reconnect(bob.session)
    new = await players.connect()
    greeting = await new.login(bob.name, "another password")
    assert greeting.elo["elo"] == 1000
    assert greeting.friends == {"friends": [], "elos": []}
    assert greeting.matches == []


async def test_login_counts_as_activity_of_the_account(players: Players) -> None:
    """A rating that is not the first one shows that it is still the same account."""
    ann, bob = await players.accounts("ann", "bob")
    await matches.rated_win(ann, bob)
    await ann.close()
    for _ in range(3):
        await asyncio.sleep(ACCOUNT * 0.45)  # three times is longer than its life
        client = await players.connect()
        await client.send("login", name=ann.name, pw=PASSWORD)
        await client.expect_success("login_response")
        assert (await client.expect("elo_update"))["elo"] == 1010
        await client.close()
