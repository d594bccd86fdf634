"""match_request without a name: the random queue (sections 7, 13.4, 13.5, 14.6).

Every test leaves the queue empty: who still waits at the end cancels.
"""

from support import matches
from support.client import Client
from support.players import Players
from support.shape import Data

RESPONSE = "match_request_response"
CANCEL, CANCELLED = "cancel_match_request", "cancel_match_request_response"


async def search(client: Client) -> None:
    """The client becomes the waiting user: a success and nothing else."""
    await client.send("match_request", player=None)
    await client.expect_success(RESPONSE)
    await client.quiet()


async def cancel(client: Client) -> None:
    await client.send(CANCEL)
    await client.expect_success(CANCELLED)


async def meet(waiting: Client, sender: Client) -> Data:
    """The sender is matched with the one who waits; returns the new match."""
    await sender.send("match_request", player=None)
    update = await sender.expect("match_update")
    await sender.expect_success(RESPONSE)
    matches.same_content(update, await waiting.expect("match_update"))
    state = update["match_state"]
    assert (state["player_a"], state["player_b"]) == (waiting.name, sender.name)
    assert state["active_player"] == waiting.name
    return update


async def test_who_waited_begins(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann)
    await meet(ann, bob)
    for client in (ann, bob):
        await client.quiet()
        await client.send(CANCEL)
        await client.expect_refusal(CANCELLED)


async def test_random_matches_of_accounts_are_ranked(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    await search(ann)
    assert (await meet(ann, bob))["ranked"] is True


async def test_waiting_twice_is_refused(players: Players) -> None:
    ann = await players.guest("ann")
    await search(ann)
    await ann.send("match_request", player=None)
    await ann.expect_refusal(RESPONSE)
    await cancel(ann)


async def test_cancelled_search_is_not_matched(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann)
    await cancel(ann)
    await search(bob)
    await ann.quiet()
    await meet(bob, ann)


async def test_cancel_without_a_search_is_refused(players: Players) -> None:
    ann = await players.guest("ann")
    await ann.send(CANCEL)
    await ann.expect_refusal(CANCELLED)
    await search(ann)
    await cancel(ann)
    await ann.send(CANCEL)
    await ann.expect_refusal(CANCELLED)


async def test_waiting_user_may_invite_and_play(players: Players) -> None:
    ann, bob, cat = await players.guests("ann", "bob", "cat")
    await search(ann)
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, matches.OPENING)
    await matches.close_unrated(ann, bob, match_id)
    await meet(ann, cat)


async def test_who_disconnects_leaves_the_queue(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann)
    await ann.close()
    await search(bob)
    _, greeting = await players.again(ann, account=False)
    assert greeting.matches == []
    await cancel(bob)


async def test_only_the_last_connection_takes_out_of_the_queue(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    second, _ = await players.again(ann, account=False)
    await search(ann)
    await second.send("match_request", player=None)
    await second.expect_refusal(RESPONSE)
    await ann.close()
    await second.quiet()
    await meet(second, bob)


async def test_another_connection_can_cancel(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    second, _ = await players.again(ann, account=False)
    await search(ann)
    await cancel(second)
    await search(bob)
    await cancel(bob)


async def test_pair_that_plays_stays_unmatched_and_waits_on(players: Players) -> None:
    ann, bob, cat, dan = await players.guests("ann", "bob", "cat", "dan")
    await matches.start(ann, bob)
    await search(ann)
    await search(bob)
    await meet(ann, cat)
    await bob.quiet()
    await meet(bob, dan)


async def test_third_is_matched_with_one_who_can(players: Players) -> None:
    """The longest waiting user already plays with the sender, the next one does not."""
    ann, bob, cat = await players.guests("ann", "bob", "cat")
    await matches.start(ann, bob)
    await matches.start(ann, cat)
    await search(ann)
    await search(bob)
    await meet(bob, cat)
    await ann.quiet()
    await cancel(ann)


async def test_waiting_user_who_reaches_five_is_not_matched(players: Players) -> None:
    ann, *others = await players.guests("ann", "b", "c", "d", "e", "f", "g")
    await search(ann)
    ids = await matches.fill(ann, others[:5])
    await search(others[5])
    await ann.quiet()
    assert {match["id"] for match in await ann.states()} == set(ids)
    await cancel(others[5])
    await ann.send(CANCEL)
    await ann.until_marker()


async def test_waiting_user_who_is_invited_to_five_is_not_matched(players: Players) -> None:
    ann, *others = await players.guests("ann", "b", "c", "d", "e", "f", "g")
    await search(ann)
    for other in others[:5]:
        await matches.start(other, ann)
    await search(others[5])
    await ann.quiet()
    await cancel(others[5])
    await ann.send(CANCEL)
    await ann.until_marker()


async def test_everybody_is_matched_once_in_a_rush(players: Players) -> None:
    rush = await players.guests(*("rush" for _ in range(10)))
    for client in rush:
        await client.send("match_request", player=None)
    found: dict[str, set[str]] = {}
    for client in rush:
        messages = [m for m in await client.until_marker() if m["type"] == "match_update"]
        for message in messages:
            state = message["data"]["match_state"]
            found[message["data"]["id"]] = {state["player_a"], state["player_b"]}
    late = [m for client in rush for m in await client.states()]
    found |= {m["id"]: {m["match_state"]["player_a"], m["match_state"]["player_b"]} for m in late}
    assert len(found) == 5
    assert set.union(*found.values()) == {client.name for client in rush}


async def test_users_who_met_can_meet_again_after_the_end(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    await search(ann)
    first = await meet(ann, bob)
    await matches.close_unrated(ann, bob, first["id"])
    await search(bob)
    second = await meet(bob, ann)
    assert second["id"] != first["id"]
