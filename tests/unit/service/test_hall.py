"""The hall: who is present, what he is shown, and what happens while his matches are read.

`held_reads` stops reads of the database after they have seen what is committed and before the
hall hears of it, which is where all its races are.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node import Node, running_node
from support import games
from uttt.domain.commands import Abandon, Play
from uttt.domain.match import Match, Player
from uttt.domain.refusals import Code, Refused
from uttt.storage.failures import Unavailable


class HeldReads:
    """A gate behind the reads of a node's database."""

    def __init__(self, node: Node) -> None:
        self._arrived = asyncio.Semaphore(0)
        self.failure: Exception | None = None
        self._gate = asyncio.Event()
        self._read = node.database.read
        node.database.read = self._held  # type: ignore[method-assign]

    async def _held(self, query: Callable[[Any], Any]) -> Any:
        found = await self._read(query)
        self._arrived.release()
        await self._gate.wait()
        if self.failure is not None:
            raise self.failure
        return found

    async def have(self, count: int) -> None:
        """Wait until so many reads have seen the database."""
        async with asyncio.timeout(5):
            for _ in range(count):
                await self._arrived.acquire()

    def let_go(self) -> None:
        self._gate.set()


def number(move: tuple[int, int, int, int]) -> int:
    sub_x, sub_y, x, y = move
    return 27 * sub_y + 9 * sub_x + 3 * y + x


async def play_out(node: Node, match: Match) -> Match:
    for ply, move in enumerate(games.WON_BY_A):
        player = match.fixture.players[ply % 2]
        match = await node.referee.apply(match.fixture.public_id, Play(player.id, number(move)))
    return match


def shown(node: Node, player: Player) -> set[str]:
    return {match.fixture.public_id for match in node.hall.of(player.id)}


@asynccontextmanager
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Node, Player, Player, Match]]:
    """A node, two players who are not present, and a match of theirs."""
    async with running_node(tmp_path) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        yield node, ann, bob, await node.match(ann, bob, public_id="m")


async def test_who_enters_is_shown_his_matches(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, match):
        eve = await node.player("eve")
        await node.match(bob, eve, public_id="other")
        assert not node.hall.is_present(ann.id)
        await node.hall.enter(ann.id)
        assert node.hall.is_present(ann.id)
        assert node.hall.of(ann.id) == [match]
        assert node.hall.of(bob.id) == []
        await node.hall.enter(bob.id)
        assert shown(node, bob) == {"m", "other"}


async def test_presence_counts_connections(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, _match):
        await node.hall.enter(ann.id)
        await node.hall.enter(ann.id)
        assert node.hall.leave(ann.id) is False
        assert shown(node, ann) == {"m"}
        assert node.hall.leave(ann.id) is True
        assert not node.hall.is_present(ann.id)
        assert node.hall.of(ann.id) == []


async def test_a_match_stays_while_one_of_its_players_does(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, _match):
        await node.hall.enter(ann.id)
        await node.hall.enter(bob.id)
        node.hall.leave(ann.id)
        assert set(node.hall._matches) == {"m"}
        node.hall.leave(bob.id)
        assert node.hall._matches == {}
        assert node.hall._seats == {}
        assert node.hall._connections == {}


async def test_a_match_that_is_not_here_is_read(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, match):
        assert await node.hall.find("m") == match
        assert node.hall._matches == {}
        with pytest.raises(Refused) as refusal:
            await node.hall.find("nobody's")
        assert refusal.value.code is Code.UNKNOWN_MATCH
        await node.referee.apply("m", Play(ann.id, 40))
        assert (await node.hall.find("m")).next_ply == 1


async def test_an_older_state_never_replaces_a_newer_one(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, match):
        await node.hall.enter(ann.id)
        after = await node.referee.apply("m", Play(ann.id, 40))
        node.hall.update(match)
        assert node.hall.of(ann.id) == [after]


async def test_a_new_match_is_shown_to_all_who_are_present(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, _match):
        eve = await node.player("eve")
        await node.hall.enter(ann.id)
        await node.hall.enter(eve.id)
        await node.match(ann, eve, public_id="new")
        assert (shown(node, ann), shown(node, eve)) == ({"m", "new"}, {"new"})
        assert node.hall.of(bob.id) == []


async def test_who_was_just_made_has_what_was_begun_since(tmp_path: Path) -> None:
    """Somebody may invite him before his connection is known; nothing is read for it."""
    async with running_node(tmp_path) as node:
        bob = (await node.join("bob")).player
        ann = await node.accounts.guest("ann")
        match = await node.match(bob, ann.player, public_id="m")
        over = await node.match(bob, (await node.player("eve")), public_id="over")
        moved = await node.referee.apply("m", Play(bob.id, 40))
        node.database.look = node.database.read = None  # type: ignore[method-assign, assignment]
        await node.hall.enter(ann.player.id, is_new=True)
        assert node.hall.of(ann.player.id) == [moved]
        assert moved.next_ply == match.next_ply + 1
        assert over not in node.hall.of(ann.player.id)


async def test_who_was_just_made_is_not_shown_what_has_ended_since(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        bob = (await node.join("bob")).player
        ann = await node.accounts.guest("ann")
        await node.match(bob, ann.player, public_id="m")
        await node.referee.apply("m", Abandon(bob.id))
        await node.hall.enter(ann.player.id, is_new=True)
        assert node.hall.of(ann.player.id) == []


async def test_a_hundred_new_matches_of_those_who_are_not_present_are_known(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        absent = [await node.player(f"absent{number}") for number in range(102)]
        for ann, bob in zip(absent[::2], absent[1::2], strict=True):
            await node.match(ann, bob, public_id=ann.name)
        for player in (absent[0], absent[2], absent[101]):
            await node.hall.enter(player.id, is_new=True)
        assert [len(node.hall.of(absent[number].id)) for number in (0, 2, 101)] == [0, 1, 1]


async def test_no_more_of_them_are_kept_if_it_is_always_the_same(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, _, _bob, match):
        for number in range(300):
            fixture = replace(match.fixture, public_id=str(number))
            node.hall.add(match._replace(fixture=fixture))
        assert len(node.hall._missed) == 100


async def test_a_failed_read_counts_nobody(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, _match):
        reads = HeldReads(node)
        reads.failure = Unavailable("gone")
        reads.let_go()
        with pytest.raises(Unavailable):
            await node.hall.enter(ann.id)
        assert not node.hall.is_present(ann.id)
        reads.failure = None
        await node.hall.enter(ann.id)
        assert shown(node, ann) == {"m"}


async def test_who_gives_up_entering_counts_no_more(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, _match):
        reads = HeldReads(node)
        entering = asyncio.create_task(node.hall.enter(ann.id))
        await reads.have(1)
        entering.cancel()
        await asyncio.gather(entering, return_exceptions=True)
        assert not node.hall.is_present(ann.id)
        reads.let_go()
        await node.hall.enter(ann.id)
        assert shown(node, ann) == {"m"}


async def test_one_of_two_who_enter_may_give_up(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, _match):
        reads = HeldReads(node)
        entering = [asyncio.create_task(node.hall.enter(ann.id)) for _ in range(2)]
        await reads.have(2)
        entering[0].cancel()
        await asyncio.sleep(0)
        reads.let_go()
        await asyncio.gather(*entering, return_exceptions=True)
        assert node.hall.is_present(ann.id)
        assert shown(node, ann) == {"m"}
        assert node.hall.leave(ann.id)


async def test_a_match_that_begins_while_one_enters_is_shown(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, _match):
        eve = await node.player("eve")
        reads = HeldReads(node)
        entering = asyncio.create_task(node.hall.enter(ann.id))
        await reads.have(1)
        await node.match(eve, ann, public_id="new")
        reads.let_go()
        await entering
        assert shown(node, ann) == {"m", "new"}


async def test_a_move_while_one_enters_is_not_undone_by_what_was_read(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, _match):
        await node.hall.enter(bob.id)
        reads = HeldReads(node)
        entering = asyncio.create_task(node.hall.enter(ann.id))
        await reads.have(1)
        await node.referee.apply("m", Play(ann.id, 40))
        reads.let_go()
        await entering
        assert [match.next_ply for match in node.hall.of(ann.id)] == [1]


async def test_a_match_that_is_abandoned_while_one_enters_is_not_shown(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, _match):
        await node.hall.enter(bob.id)
        reads = HeldReads(node)
        entering = asyncio.create_task(node.hall.enter(ann.id))
        await reads.have(1)
        await node.referee.apply("m", Abandon(bob.id))
        reads.let_go()
        await entering
        assert shown(node, ann) == set()
        assert shown(node, bob) == set()
        assert node.hall._matches == {}


async def test_a_match_that_was_told_while_one_enters_is_not_told_again(tmp_path: Path) -> None:
    """His other connection heard of the end while this one was reading."""
    async with pair(tmp_path) as (node, ann, bob, match):
        over = await play_out(node, match)
        await node.hall.enter(ann.id)
        reads = HeldReads(node)
        entering = asyncio.create_task(node.hall.enter(bob.id))
        await reads.have(1)
        node.referee.note_told(over, bob.id)
        reads.let_go()
        await entering
        assert shown(node, bob) == set()


async def test_an_offline_player_is_shown_the_end_once(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, match):
        await node.hall.enter(ann.id)
        over = await play_out(node, match)
        assert shown(node, ann) == set()
        await node.hall.enter(bob.id)
        assert node.hall.of(bob.id) == [over]
        assert node.hall.open_of(bob.id) == []
        node.referee.note_told(over, bob.id)
        assert shown(node, bob) == set()
        await node.settle()
        node.hall.leave(bob.id)
        await node.hall.enter(bob.id)
        assert shown(node, bob) == set()


async def test_who_knows_the_end_is_not_shown_it_again_when_the_other_comes(
    tmp_path: Path,
) -> None:
    """The winner was told at the end (protocol 9); the loser's login is no news for him."""
    async with pair(tmp_path) as (node, ann, bob, match):
        await node.hall.enter(ann.id)
        await play_out(node, match)
        assert shown(node, ann) == set()
        await node.hall.enter(bob.id)
        assert shown(node, ann) == set()


async def test_leaving_while_matches_are_read_leaves_nothing_behind(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, _, _match):
        reads = HeldReads(node)
        entering = asyncio.create_task(node.hall.enter(ann.id))
        await reads.have(1)
        node.hall.leave(ann.id)
        reads.let_go()
        await entering
        assert node.hall._matches == {}
        assert node.hall._seats == {}
        assert node.hall._complete == set()


async def test_coming_back_while_matches_are_read_shows_them_as_they_are(tmp_path: Path) -> None:
    """The first reading is old: in between he left, and his opponent moved from elsewhere."""
    async with pair(tmp_path) as (node, ann, _, _match):
        reads = HeldReads(node)
        first = asyncio.create_task(node.hall.enter(ann.id))
        await reads.have(1)
        node.hall.leave(ann.id)
        reads.let_go()
        await first
        await node.referee.apply("m", Play(ann.id, 40))
        await node.hall.enter(ann.id)
        assert [match.next_ply for match in node.hall.of(ann.id)] == [1]
        assert node.hall.leave(ann.id)


async def test_what_was_deleted_elsewhere_is_forgotten(tmp_path: Path) -> None:
    async with pair(tmp_path) as (node, ann, bob, _match):
        await node.hall.enter(ann.id)
        await node.accounts.remove(bob)
        assert shown(node, ann) == set()
        with pytest.raises(Refused):
            await node.hall.reread("m")


async def test_bots_are_present_but_not_among_those_whose_matches_are_read_at_once(
    tmp_path: Path,
) -> None:
    """Theirs are ten thousand; a refresh reads those it knows in parts, and bots find the rest."""
    async with running_node(tmp_path) as node:
        await node.roster.admit()
        bot = next(iter(node.roster)).player
        await node.hall.seat(bot.id)
        ann = (await node.join("ann")).player
        assert node.hall.is_present(bot.id)
        assert node.hall.present() == [ann.id]
        await node.match(await node.player("bob"), bot)
        assert not any(await node.referee.refresh())
