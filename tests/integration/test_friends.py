"""friend_request, unfriend_request, friends_update (sections 11.1, 13.7, 13.8, 13.11)."""

import pytest

from support import matches
from support.client import Client
from support.players import PASSWORD, Players
from support.shape import Data

KINDS = pytest.mark.parametrize("kind", ["friend_request", "unfriend_request"])


async def ask(client: Client, kind: str, user: str) -> dict[str, int]:
    """A request that must succeed; returns the new list."""
    await client.send(kind, user=user)
    await client.expect_success(f"{kind}_response")
    data = await client.expect("friends_update")
    return dict(zip(data["friends"], data["elos"], strict=True))


async def refuse(client: Client, kind: str, user: object) -> None:
    """A request that must be refused, without an update."""
    await client.send(kind, user=user)
    await client.expect_refusal(f"{kind}_response")
    await client.quiet()


async def test_add_and_remove(players: Players) -> None:
    ann, bob, cat = await players.accounts("ann", "bob", "cat")
    assert await ask(ann, "friend_request", bob.name) == {bob.name: 1000}
    assert await ask(ann, "friend_request", cat.name) == {bob.name: 1000, cat.name: 1000}
    assert await ask(ann, "unfriend_request", bob.name) == {cat.name: 1000}
    assert await ask(ann, "friend_request", bob.name) == {bob.name: 1000, cat.name: 1000}
    for client in (bob, cat):
        await client.quiet()


async def test_friendship_has_one_direction(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await ask(ann, "friend_request", bob.name)
    _, greeting = await players.again(bob, account=True)
    assert greeting.friends == {"friends": [], "elos": []}
    await refuse(bob, "unfriend_request", ann.name)
    assert await ask(bob, "friend_request", ann.name) == {ann.name: 1000}
    await ask(bob, "unfriend_request", ann.name)
    _, greeting = await players.again(ann, account=True)
    assert greeting.friends == {"friends": [bob.name], "elos": [1000]}


async def test_names_are_folded(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    assert await ask(ann, "friend_request", bob.name.upper()) == {bob.name: 1000}
    await refuse(ann, "friend_request", bob.name.title())
    assert await ask(ann, "unfriend_request", bob.name.title()) == {}


async def test_list_is_kept(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await ask(ann, "friend_request", bob.name)
    await bob.close()
    await ann.close()
    _, greeting = await players.again(ann, account=True)
    assert greeting.friends == {"friends": [bob.name], "elos": [1000]}
    greeting = await (await players.connect()).login(ann.name, PASSWORD)
    assert greeting.friends == {"friends": [bob.name], "elos": [1000]}


async def test_ratings_are_those_at_the_time_of_sending(players: Players) -> None:
    ann, bob, cat = await players.accounts("ann", "bob", "cat")
    await ask(ann, "friend_request", bob.name)
    await matches.rated_win(cat, bob)
    await ann.quiet()
    assert await ask(ann, "friend_request", cat.name) == {bob.name: 990, cat.name: 1010}


async def test_offline_accounts_can_be_friends(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await bob.close()
    assert await ask(ann, "friend_request", bob.name) == {bob.name: 1000}


async def test_twice_is_refused(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await ask(ann, "friend_request", bob.name)
    await refuse(ann, "friend_request", bob.name)
    await ask(ann, "unfriend_request", bob.name)
    await refuse(ann, "unfriend_request", bob.name)


async def test_oneself_is_refused(players: Players) -> None:
    ann = await players.account("ann")
    for kind in ("friend_request", "unfriend_request"):
        await refuse(ann, kind, ann.name)
        await refuse(ann, kind, ann.name.upper())


async def test_temporary_users_cannot_be_friends(players: Players) -> None:
    ann, tim = await players.account("ann"), await players.guest("tim")
    await refuse(ann, "friend_request", tim.name)
    await refuse(ann, "unfriend_request", tim.name)


async def test_temporary_users_have_no_friends(players: Players) -> None:
    ann, tim, tom = await players.account("ann"), *await players.guests("tim", "tom")
    for name in (ann.name, tom.name, tim.name, "nobody-here", "a b"):
        await refuse(tim, "friend_request", name)
        await refuse(tim, "unfriend_request", name)


@KINDS
@pytest.mark.parametrize(
    "user", ["", "ab", "a b c", "nobody-here", "x" * 17, "abc\n", "\x00", "x" * 5000], ids=repr
)
async def test_names_that_are_invalid_or_unknown(players: Players, kind: str, user: str) -> None:
    ann = await players.account("ann")
    await refuse(ann, kind, user)


@KINDS
@pytest.mark.parametrize(
    "data", [{}, {"player": "bob"}, {"user": None}, {"user": 5}, {"user": True}, {"user": ["bob"]}]
)
async def test_unusable_fields_are_refused(players: Players, kind: str, data: Data) -> None:
    for client in (await players.account("ann"), await players.guest("tim")):
        await client.send(kind, **data)
        await client.expect_refusal(f"{kind}_response")
        await client.quiet()


@KINDS
@pytest.mark.parametrize("data", ["null", "5", "[]", '"bob"'])
async def test_data_that_is_no_object_is_refused(players: Players, kind: str, data: str) -> None:
    ann = await players.account("ann")
    await ann.send_raw(f'{{"type": "{kind}", "data": {data}}}')
    await ann.expect_refusal(f"{kind}_response")
    await ann.quiet()


async def test_many_friends(players: Players) -> None:
    ann, *others = await players.accounts("ann", *("friend" for _ in range(6)))
    expected = {}
    for other in others:
        expected[other.name] = 1000
        assert await ask(ann, "friend_request", other.name) == expected
