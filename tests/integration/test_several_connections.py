"""Several live connections of one user (sections 12, 13.6, 14.4)."""

from support import games, matches
from support.client import Client
from support.players import PASSWORD, Players


async def test_pushes_reach_all_connections_of_both(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    ann2, _ = await players.again(ann, account=False)
    bob2, _ = await players.again(bob, account=False)
    match_id = await matches.start(ann, bob)
    for client in (ann2, bob2):
        assert (await client.expect_state(match_id))["moves"] == 0
        await client.quiet()
    movers = ((ann2, bob2), (ann, bob))
    for ply, move in enumerate(games.WON_BY_A):
        await movers[ply % 4 // 2][ply % 2].move(match_id, move)
        for client in (ann, ann2, bob, bob2):
            assert (await client.expect_state(match_id))["moves"] == ply + 1
    for client in (ann, ann2, bob, bob2):
        await client.expect("elo_update")
        await client.quiet()


async def test_responses_go_to_the_sender_only(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    ann2, _ = await players.again(ann, account=False)
    match_id = await matches.start(ann, bob)
    await ann2.expect_state(match_id)
    await ann2.quiet()
    assert [match["id"] for match in await ann2.states()] == [match_id]
    await ann.quiet()
    await ann.send("match_request", player="nobody-here")
    await ann.expect_refusal("match_request_response")
    await ann2.quiet()


async def test_closing_one_leaves_the_other_alive(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    newer, _ = await players.again(ann, account=False)
    newest, _ = await players.again(ann, account=False)
    await newer.close()
    match_id = await matches.start(ann, bob)
    await newest.expect_state(match_id)
    await ann.close()
    await matches.play(newest, bob, match_id, matches.OPENING)
    oldest, _ = await players.again(ann, account=False)
    await newest.close()
    await matches.play(oldest, bob, match_id, [(1, 1, 2, 2)], made=2)


async def test_sessions_of_two_devices(players: Players) -> None:
    phone, bob = await players.accounts("ann", "bob")
    desk = await players.connect()
    await desk.login(phone.name, PASSWORD)
    assert desk.session != phone.session
    match_id = await matches.start(bob, phone)
    await desk.expect_state(match_id)
    await bob.move(match_id, (1, 1, 0, 0))
    for client in (bob, phone, desk):
        await client.expect_state(match_id)
    await desk.move(match_id, (0, 0, 1, 1))
    for client in (bob, phone, desk):
        await client.expect_state(match_id)
    await phone.send("end_match", id=match_id)
    for client, elo in ((bob, 1010), (phone, 990), (desk, 990)):
        assert (await client.expect("elo_update"))["elo"] == elo
        assert (await client.expect_state(match_id))["result"] == "abandoned"


async def test_friends_update_reaches_all_connections_of_the_user(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    second, _ = await players.again(ann, account=True)
    for kind, expected in (("friend_request", [bob.name]), ("unfriend_request", [])):
        await ann.send(kind, user=bob.name)
        await ann.expect_success(f"{kind}_response")
        assert (await ann.expect("friends_update"))["friends"] == expected
        assert (await second.expect("friends_update"))["friends"] == expected
    await bob.quiet()


async def test_match_found_in_the_queue_reaches_all_connections(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    second, _ = await players.again(ann, account=False)
    await ann.send("match_request", player=None)
    await ann.expect_success("match_request_response")
    await second.quiet()
    await bob.send("match_request", player=None)
    match_id = (await bob.expect("match_update"))["id"]
    await bob.expect_success("match_request_response")
    for client in (ann, second):
        await client.expect_state(match_id)
        await client.quiet()


async def test_end_counts_as_seen_if_one_connection_is_there(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    second, _ = await players.again(bob, account=False)
    match_id = await matches.start(ann, bob)
    await second.expect_state(match_id)
    await bob.close()
    await matches.play_out(ann, second, match_id, games.WON_BY_A)
    _, greeting = await players.again(bob, account=False)
    assert greeting.matches == []


async def test_aborted_connection_does_not_hurt_the_others(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    second, _ = await players.again(ann, account=False)
    abort(second)
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:6])


def abort(client: Client) -> None:
    """Cut the TCP connection without a close frame."""
    client.socket.transport.abort()


async def test_twenty_connections_of_one_user(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    more = [(await players.again(ann, account=False))[0] for _ in range(20)]
    match_id = await matches.start(ann, bob)
    await ann.move(match_id, (1, 1, 1, 1))
    await matches.both_get_state(ann, bob, match_id)
    for client in more:
        assert (await client.expect_state(match_id))["moves"] == 0
        assert (await client.expect_state(match_id))["moves"] == 1
        await client.quiet()
