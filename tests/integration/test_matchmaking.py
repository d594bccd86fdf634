"""match_request with a name: who may be invited and what both are told (section 7)."""

import pytest

from support import games, matches
from support.players import Players
from support.shape import Data

REQUEST, RESPONSE = "match_request", "match_request_response"


async def test_both_get_the_match_and_then_the_sender_his_response(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for client in (ann, bob):
        await client.quiet()
        (update,) = await client.states()
        assert update["id"] == match_id
        assert update["match_state"]["last_move"] is None
        assert update["match_state"]["active_player"] == ann.name


@pytest.mark.parametrize(
    ("a", "b", "ranked"),
    [("account", "account", True), ("account", "guest", False), ("guest", "guest", False)],
)
async def test_ranked_if_both_have_accounts(players: Players, a: str, b: str, ranked: bool) -> None:
    one, other = await getattr(players, a)(), await getattr(players, b)()
    for sender, invited in ((one, other), (other, one)):
        match_id = await matches.start(sender, invited)
        (update,) = await sender.states()
        assert update["ranked"] is ranked
        await matches.close_unrated(sender, invited, match_id)


async def test_ranked_never_changes(players: Players) -> None:
    ann, bob = await players.account("ann"), await players.guest("bob")
    match_id = await matches.start(ann, bob)
    update = await matches.play(ann, bob, match_id, games.WON_BY_A[:6])
    assert update["ranked"] is False
    _, greeting = await players.again(bob, account=False)
    assert greeting.matches[0]["ranked"] is False


async def test_name_of_the_invited_is_folded(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await ann.send(REQUEST, player=bob.name.upper())
    update = await ann.expect("match_update")
    assert update["match_state"]["player_b"] == bob.name
    await ann.expect_success(RESPONSE)


async def test_offline_players_find_the_match_at_login(players: Players) -> None:
    ann = await players.guest("ann")
    for account in (True, False):
        absent = await (players.account() if account else players.guest())
        await absent.close()
        await ann.send(REQUEST, player=absent.name)
        update = await ann.expect("match_update")
        await ann.expect_success(RESPONSE)
        _, greeting = await players.again(absent, account=account)
        matches.same_content(greeting.matches[0], update)


async def test_own_name_is_refused(players: Players) -> None:
    ann = await players.guest("ann")
    for name in (ann.name, ann.name.upper()):
        await ann.send(REQUEST, player=name)
        await ann.expect_refusal(RESPONSE)
    assert await ann.states() == []


@pytest.mark.parametrize(
    "name", ["", "ab", "no such", "x" * 17, "x" * 5000, "nobody-here", "abc\n"]
)
async def test_names_that_nobody_has_are_refused(players: Players, name: str) -> None:
    ann = await players.guest("ann")
    await ann.send(REQUEST, player=name)
    await ann.expect_refusal(RESPONSE)
    await ann.quiet()


@pytest.mark.parametrize(
    "data", [{}, {"player": 5}, {"player": True}, {"player": []}, {"player": {}}, {"user": "bob"}]
)
async def test_unusable_fields_are_refused_and_do_not_search(players: Players, data: Data) -> None:
    ann, bob = await players.guests("ann", "bob")
    await ann.send(REQUEST, **data)
    await ann.expect_refusal(RESPONSE)
    await bob.send(REQUEST, player=None)
    await bob.expect_success(RESPONSE)
    await bob.send("cancel_match_request")
    await bob.expect_success("cancel_match_request_response")
    await ann.quiet()


@pytest.mark.parametrize("data", ["null", "5", "[]", '"bob"'])
async def test_data_that_is_no_object_is_refused(players: Players, data: str) -> None:
    ann = await players.guest("ann")
    await ann.send_raw(f'{{"type": "match_request", "data": {data}}}')
    await ann.expect_refusal(RESPONSE)
    await ann.quiet()


async def test_one_open_match_per_pair_in_either_role(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for sender, other in ((ann, bob), (bob, ann)):
        await sender.send(REQUEST, player=other.name)
        await sender.expect_refusal(RESPONSE)
        await other.quiet()
    await matches.close_unrated(bob, ann, match_id)
    assert await matches.start(bob, ann) != match_id


async def test_invitations_of_each_other_at_once_make_one_match(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await ann.send(REQUEST, player=bob.name)
    await bob.send(REQUEST, player=ann.name)
    answers = []
    for client in (ann, bob):
        messages = await client.until_marker()
        assert [m["type"] for m in messages].count("match_update") == 1
        answers += [m["data"]["success"] for m in messages if m["type"] == RESPONSE]
    assert sorted(answers) == [False, True]
    assert len(await ann.states()) == 1


async def test_sender_with_five_matches_is_refused_whatever_he_asks(players: Players) -> None:
    ann, *others = await players.guests("ann", "b", "c", "d", "e", "f", "g")
    await matches.fill(ann, others[:5])
    for player in (others[5].name, others[0].name, ann.name, "nobody-here", "", None):
        await ann.send(REQUEST, player=player)
        await ann.expect_refusal(RESPONSE)
    await others[5].send(REQUEST, player=None)
    await others[5].expect_success(RESPONSE)
    await others[5].quiet()
    await others[5].send("cancel_match_request")
    await others[5].expect_success("cancel_match_request_response")


async def test_invited_with_five_matches_is_refused(players: Players) -> None:
    ann, *others = await players.guests("ann", "b", "c", "d", "e", "f", "g")
    ids = await matches.fill(ann, others[:5])
    late = others[5]
    await late.send(REQUEST, player=ann.name)
    await late.expect_refusal(RESPONSE)
    await ann.quiet()
    await matches.close_unrated(ann, others[0], ids[0])
    await matches.start(late, ann)
    assert len(await ann.states()) == 5


async def test_both_roles_count_for_the_limit(players: Players) -> None:
    ann, *others = await players.guests("ann", "b", "c", "d", "e", "f", "g")
    for other in others[:5]:
        await matches.start(other, ann)
    await ann.send(REQUEST, player=others[5].name)
    await ann.expect_refusal(RESPONSE)


async def test_five_matches_at_most_even_if_many_invite_at_once(players: Players) -> None:
    ann, *others = await players.guests("ann", *("other" for _ in range(8)))
    for other in others:
        await other.send(REQUEST, player=ann.name)
    answers = []
    for other in others:
        messages = await other.until_marker()
        answers += [m["data"]["success"] for m in messages if m["type"] == RESPONSE]
    assert answers.count(True) == 5
    await ann.until_marker()
    assert len(await ann.states()) == 5


async def test_names_of_temporary_users_who_logged_out_are_unknown(players: Players) -> None:
    ann, tim = await players.guests("ann", "tim")
    await tim.send("logout")
    await tim.expect_close()
    await ann.send(REQUEST, player=tim.name)
    await ann.expect_refusal(RESPONSE)


async def test_match_ids_are_opaque_strings_that_differ(players: Players) -> None:
    ann, *others = await players.guests("ann", "b", "c", "d")
    ids = await matches.fill(ann, others)
    assert len(set(ids)) == 3
