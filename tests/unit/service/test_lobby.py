"""The queue for random opponents and invitations: order, limits, and pairing once one may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from node import Node, running_node
from uttt.bus.notices import MatchChanged
from uttt.domain.commands import Abandon
from uttt.domain.match import Match, Player
from uttt.service.accounts import Login
from uttt.service.lobby import RequestRefused
from uttt.storage.failures import Unavailable
from uttt.storage.openings import PlayerGone


async def calm(node: Node) -> None:
    """Let everything happen that would happen by itself."""
    for _ in range(20):
        await asyncio.sleep(0.001)
        await node.settle()


@asynccontextmanager
async def present(tmp_path: Path, *names: str, **options: Any) -> AsyncIterator[tuple[Any, ...]]:
    """A node and these temporary users, connected."""
    async with running_node(tmp_path, **options) as node:
        yield node, *[(await node.join(name)).player for name in names]


def pairs(node: Node) -> list[tuple[str, str]]:
    """Who has an open match with whom, as the hall has it; player_a first."""
    return sorted(
        (match.fixture.players[0].name, match.fixture.players[1].name)
        for match in node.hall._matches.values()
        if match.outcome is None
    )


def between(node: Node, one: Player, two: Player) -> Match:
    return next(match for match in node.hall.open_of(one.id) if two in match.fixture.players)


async def end(node: Node, one: Player, two: Player) -> None:
    await node.referee.apply(between(node, one, two).fixture.public_id, Abandon(one.id))


async def test_the_one_who_waited_begins(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.lobby.request_random(ann)
        assert pairs(node) == []
        assert "ann" in await node.lobby.request_random(bob)
        assert pairs(node) == [("ann", "bob")]
        assert not node.lobby.leave(ann.id)
        assert not node.lobby.leave(bob.id)
        changed = [notice for notice in node.heard if isinstance(notice, MatchChanged)]
        assert len(changed) == 1


async def test_whoever_has_waited_longest_is_paired_first(tmp_path: Path) -> None:
    names = ("ann", "bob", "cat", "dan", "eve")
    async with present(tmp_path, *names) as (node, ann, bob, cat, dan, eve):
        for one, two in ((ann, bob), (ann, cat), (bob, cat)):
            await node.match(one, two)
        for waiting in (bob, ann, cat):
            await node.lobby.request_random(waiting)
        await node.lobby.request_random(dan)
        await node.lobby.request_random(eve)
        assert ("bob", "dan") in pairs(node)
        assert ("ann", "eve") in pairs(node)
        assert node.lobby.leave(cat.id)


async def test_asking_twice_is_refused_and_keeps_the_place(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.lobby.request_random(ann)
        with pytest.raises(RequestRefused):
            await node.lobby.request_random(ann)
        await node.lobby.request_random(bob)
        assert pairs(node) == [("ann", "bob")]


async def test_who_has_left_is_not_paired(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.join("bob")
        await node.lobby.request_random(ann.player)
        node.attendance.leave(ann)
        await node.lobby.request_random(bob.player)
        assert pairs(node) == []
        assert node.lobby.leave(bob.player.id)


async def test_closing_one_of_two_connections_leaves_him_in_the_queue(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann = await node.join("ann")
        await node.attendance.enter(ann)
        await node.lobby.request_random(ann.player)
        node.attendance.leave(ann)
        assert node.lobby.leave(ann.player.id)


async def test_a_crowd_is_paired_one_to_one(tmp_path: Path) -> None:
    async with present(tmp_path, *(f"u{n:02}" for n in range(20))) as (node, *players):
        await asyncio.gather(*(node.lobby.request_random(player) for player in players))
        assert len(pairs(node)) == 10
        assert len({name for pair in pairs(node) for name in pair}) == 20


async def test_those_who_play_each_other_wait_until_their_match_ends(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        first = await node.match(ann, bob)
        await node.lobby.request_random(ann)
        await node.lobby.request_random(bob)
        assert len(pairs(node)) == 1
        await end(node, bob, ann)
        await calm(node)
        assert len(pairs(node)) == 1
        assert between(node, ann, bob).fixture.id != first.fixture.id
        assert not node.lobby.leave(ann.id)
        assert not node.lobby.leave(bob.id)


async def test_who_reached_the_limit_while_waiting_is_paired_when_a_match_ends(
    tmp_path: Path,
) -> None:
    async with present(tmp_path, "ann", "bob", "cat", "dan", max_open=2) as (
        node, ann, bob, cat, dan,
    ):  # fmt: skip
        await node.lobby.request_random(ann)
        await node.lobby.request_named(bob, "ann")
        await node.lobby.request_named(cat, "ann")
        await node.lobby.request_random(dan)
        assert pairs(node) == [("bob", "ann"), ("cat", "ann")]
        await end(node, cat, ann)
        await calm(node)
        assert len(pairs(node)) == 2
        assert {"ann", "dan"} in [set(pair) for pair in pairs(node)]


async def test_an_ended_match_costs_nobody_his_place_in_the_queue(tmp_path: Path) -> None:
    """ann has waited longest; that one of her matches ends must not put her behind bob."""
    async with present(tmp_path, "ann", "bob", "cat", "dan") as (node, ann, bob, cat, dan):
        await node.match(ann, bob)
        await node.match(ann, cat)
        await node.lobby.request_random(ann)
        await node.lobby.request_random(bob)
        await end(node, cat, ann)
        await calm(node)
        await node.lobby.request_random(dan)
        assert ("ann", "dan") in pairs(node)
        assert node.lobby.leave(bob.id)


async def test_a_waiting_guest_whose_account_goes_ends_nothing_but_himself(
    tmp_path: Path,
) -> None:
    """Both wait because they play each other; then one logs out, and the match goes with him."""
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.join("bob")
        eve = (await node.join("eve")).player
        await node.match(ann.player, bob.player)
        await node.lobby.request_random(ann.player)
        await node.lobby.request_random(bob.player)
        await node.accounts.logout(ann)
        await calm(node)
        assert node.lobby_task is not None
        assert not node.lobby_task.done(), "the lobby has died, and the node with it"
        node.attendance.leave(ann)
        await node.lobby.request_random(eve)
        assert pairs(node) == [("bob", "eve")]


async def test_the_next_seeker_is_not_paired_with_somebody_who_was_deleted(
    tmp_path: Path,
) -> None:
    """His connection is still closing, or the host deleted him on the command line."""
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.join("bob")
        await node.lobby.request_random(ann.player)
        await node.accounts.logout(ann)
        await node.lobby.request_random(bob.player)
        assert pairs(node) == []
        node.attendance.leave(ann)
        eve = (await node.join("eve")).player
        await node.lobby.request_random(eve)
        assert pairs(node) == [("bob", "eve")]


async def test_an_outage_leaves_the_queue_as_it_was(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.lobby.request_random(ann)
        open_ = node.journal.open

        async def fail(_: object, **__: object) -> None:
            raise Unavailable("gone")

        node.journal.open = fail
        with pytest.raises(Unavailable):
            await node.lobby.request_random(bob)
        node.journal.open = open_
        assert not node.lobby.leave(bob.id)
        await node.lobby.request_random(bob)
        assert pairs(node) == [("ann", "bob")]


async def test_cancelling_while_a_pairing_fails_is_cancelled(tmp_path: Path) -> None:
    """What a player cancels during an outage must not come back."""
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.lobby.request_random(ann)
        gate = asyncio.Event()
        open_ = node.journal.open

        async def fail(_: object, **__: object) -> None:
            await gate.wait()
            raise Unavailable("gone")

        node.journal.open = fail
        asking = asyncio.create_task(node.lobby.request_random(bob))
        await asyncio.sleep(0.01)
        node.lobby.leave(ann.id)
        gate.set()
        await asyncio.gather(asking, return_exceptions=True)
        node.journal.open = open_
        eve = (await node.join("eve")).player
        await node.lobby.request_random(eve)
        assert pairs(node) == []


async def test_who_was_told_that_he_left_the_queue_gets_no_match(tmp_path: Path) -> None:
    """He cancels while his match is being written: either it is made, or he has left."""
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.lobby.request_random(ann)
        gate = asyncio.Event()
        open_ = node.journal.open

        async def open_later(new: Any, **_: Any) -> Any:
            await gate.wait()
            return await open_(new)

        node.journal.open = open_later
        asking = asyncio.create_task(node.lobby.request_random(bob))
        await asyncio.sleep(0.01)
        cancelling = asyncio.create_task(node.lobby.cancel(ann))
        await asyncio.sleep(0.01)
        gate.set()
        await asking
        assert pairs(node) == [("ann", "bob")]
        assert not await cancelling


@pytest.mark.parametrize(("gone", "words"), [("ann", "log in again"), ("bob", "no player")])
async def test_who_is_deleted_while_the_match_is_made(
    tmp_path: Path, gone: str, words: str
) -> None:
    """The sender hears what is so: that his own session has ended, or that there is no such
    player.
    """
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):

        async def fail(_: object, **__: object) -> None:
            raise PlayerGone({"ann": ann, "bob": bob}[gone].id)

        node.journal.open = fail
        with pytest.raises(RequestRefused, match=words):
            await node.lobby.request_named(ann, "bob")
        assert pairs(node) == []


@pytest.mark.parametrize("name", ["nobody", "", "x" * 17, "a b", "\ud800", "BOB\n", 7, [], {}])
async def test_names_that_nobody_has(tmp_path: Path, name: object) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, _bob):
        with pytest.raises(RequestRefused):
            await node.lobby.request_named(ann, name)
        assert pairs(node) == []


async def test_invitations(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        with pytest.raises(RequestRefused):
            await node.lobby.request_named(ann, "ANN")
        assert "bob" in await node.lobby.request_named(ann, "Bob")
        assert pairs(node) == [("ann", "bob")]
        for one, two in ((ann, "bob"), (bob, "ann")):
            with pytest.raises(RequestRefused):
                await node.lobby.request_named(one, two)
        await end(node, ann, bob)
        await node.lobby.request_named(bob, "ann")
        assert pairs(node) == [("bob", "ann")]


async def test_the_limit_of_open_matches_for_both_sides(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob", "cat", max_open=1) as (node, ann, bob, cat):
        await node.lobby.request_named(ann, "bob")
        for attempt in (
            lambda: node.lobby.request_named(ann, "cat"),
            lambda: node.lobby.request_random(ann),
            lambda: node.lobby.request_named(cat, "ann"),
        ):
            with pytest.raises(RequestRefused):
                await attempt()
        await end(node, ann, bob)
        await node.lobby.request_named(cat, "ann")
        assert pairs(node) == [("cat", "ann")]


async def test_many_invitations_at_once_keep_the_limit(tmp_path: Path) -> None:
    async with present(tmp_path, *(f"u{n:02}" for n in range(12))) as (node, *players):
        await asyncio.gather(
            *(node.lobby.request_named(player, "u00") for player in players[1:]),
            return_exceptions=True,
        )
        assert len(pairs(node)) == 5


async def test_invitations_at_the_same_time_share_a_commit(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob", "eve", "dan") as (node, ann, _, eve, _):
        batches: list[int] = []
        commit = node.database.commit

        async def counted(batch: Any, patience: float) -> Any:
            batches.append(len(batch))
            return await commit(batch, patience)

        node.database.commit = counted
        await asyncio.gather(
            node.lobby.request_named(ann, "bob"), node.lobby.request_named(eve, "dan")
        )
        assert pairs(node) == [("ann", "bob"), ("eve", "dan")]
        assert batches == [2]


async def test_two_who_invite_each_other_at_once_get_one_match(tmp_path: Path) -> None:
    async with present(tmp_path, "ann", "bob") as (node, ann, bob):
        answers = await asyncio.gather(
            node.lobby.request_named(ann, "bob"),
            node.lobby.request_named(bob, "ann"),
            return_exceptions=True,
        )
        assert len(pairs(node)) == 1
        (refused,) = [answer for answer in answers if isinstance(answer, RequestRefused)]
        assert "already" in refused.msg


async def test_an_offline_player_can_be_invited(tmp_path: Path) -> None:
    async with present(tmp_path, "ann") as (node, ann):
        await node.player("bob", registered=True)
        await node.lobby.request_named(ann, "bob")
        (match,) = node.hall.open_of(ann.id)
        assert [player.name for player in match.fixture.players] == ["ann", "bob"]
        assert match.fixture.ranked is False


async def test_ranked_when_both_have_accounts(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        logins: list[Login] = [
            await node.join("ann", registered=True),
            await node.join("bob", registered=True),
        ]
        await node.lobby.request_random(logins[0].player)
        await node.lobby.request_random(logins[1].player)
        (match,) = node.hall.open_of(logins[0].player.id)
        assert match.fixture.ranked is True


async def test_who_gets_a_bot_unasked_plays_for_nothing(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        node.roster.rated = True
        await node.roster.admit()
        first, second, *_ = (bot.player for bot in node.roster)
        ann = (await node.join("ann", registered=True)).player
        await node.lobby.request_random(ann)
        await node.lobby.meet(ann, [first])
        await node.lobby.request_named(ann, second.name)
        ranked = {m.fixture.players[1].name: m.fixture.ranked for m in node.hall.open_of(ann.id)}
        assert ranked == {first.name: False, second.name: True}


async def test_only_the_bot_that_was_offered_takes_the_place_in_the_queue(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        await node.roster.admit()
        first, second, *_ = (bot.player for bot in node.roster)
        ann = (await node.join("ann")).player
        await node.lobby.request_random(ann, wants_offer=True)
        assert node.lobby.note_offer(ann, first)
        await node.lobby.request_named(ann, second.name)
        assert [seeker.player for seeker in node.lobby._waiting.values()] == [ann]
        await node.lobby.request_named(ann, first.name)
        assert not node.lobby._waiting
