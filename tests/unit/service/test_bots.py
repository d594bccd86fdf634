"""Bots take their turns: at once when they hear of them, later when something is in the way.

What the engine answers is made up here; the real one is in `test_thinkers.py`.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from node import Node, new_database, running_node
from uttt.bus.notices import MatchChanged, StandingChanged
from uttt.domain.commands import Abandon, Command, Play
from uttt.domain.events import Result
from uttt.domain.match import Match, Player
from uttt.engine import LEVELS, Limits, Verdict
from uttt.rules.position import Position, legal_moves
from uttt.service import bots as module
from uttt.service.bots import Bots
from uttt.service.lobby import RequestRefused
from uttt.service.roster import Roster
from uttt.service.thinkers import Crowded, EngineFailed
from uttt.storage.failures import Unavailable

GENTLE = LEVELS[0].name
CENTRE = 40


class MadeUpThinkers:
    """Answers with the first legal move, or as it was told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.choose_by: Callable[[Position], int] = first
        self.search_by: Callable[[Position], int] = first
        self.open = asyncio.Event()
        self.open.set()

    async def choose(self, level_name: str, position: Position) -> int:
        self.asked.append(level_name)
        await self.open.wait()
        return self.choose_by(position)

    async def search(self, position: Position, limits: Limits, *, for_bot: bool = False) -> Verdict:
        assert for_bot
        assert limits.seconds is not None
        self.asked.append("search")
        await asyncio.sleep(0)
        move = self.search_by(position)
        return Verdict(move, 0.5, None, None, 1, 1, (move,))


def first(position: Position) -> int:
    return next(iter(legal_moves(position)))


def fails(_: Position) -> int:
    raise EngineFailed("made up")


class Table:
    """A node with bots at play and a person, who is connected."""

    def __init__(self, node: Node, thinkers: MadeUpThinkers, ann: Player) -> None:
        self.node = node
        self.thinkers = thinkers
        self.ann = ann
        self.bots = Bots(
            node.roster, node.hall, node.referee, thinkers, node.database, node.bus, node.clock,  # type: ignore[arg-type]
            node.metrics, delay=0.0, chance=random.Random(1),
        )  # fmt: skip
        self.task = asyncio.create_task(self.bots.run())

    async def invite(self, name: str = GENTLE) -> Match:
        await self.node.lobby.request_named(self.ann, name)
        return next(
            match
            for match in self.node.hall.open_of(self.ann.id)
            if match.fixture.players[1].name == name
        )

    async def play(self, match: Match, move: int = CENTRE) -> Match:
        return await self.node.referee.apply(match.fixture.public_id, Play(self.ann.id, move))

    async def now(self, match: Match) -> Match:
        return await self.node.hall.find(match.fixture.public_id)

    async def until(self, match: Match, condition: Callable[[Match], bool]) -> Match:
        async with asyncio.timeout(10):
            while not condition(found := await self.now(match)):  # noqa: ASYNC110 - no notice
                await asyncio.sleep(0.005)
        return found

    async def leave(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


@asynccontextmanager
async def table(node: Node, name: str = "ann", *, registered: bool = False) -> AsyncIterator[Table]:
    await node.roster.admit()
    ann = (await node.join(name, registered=registered)).player
    found = Table(node, MadeUpThinkers(), ann)
    await asyncio.sleep(0.05)
    try:
        yield found
    finally:
        await found.leave()


async def test_a_bot_answers_a_move(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        match = await at.invite()
        assert at.thinkers.asked == [], "it is the turn of ann"
        await at.play(match)
        await at.until(match, lambda m: m.next_ply == 2)
        assert at.thinkers.asked == [GENTLE]
        assert not any(
            isinstance(n, StandingChanged) and n.player_id in node.roster for n in node.heard
        )


async def test_a_match_with_a_bot_does_not_count(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node, registered=True) as at:
        match = await at.invite()
        assert match.fixture.ranked is False
        assert match.fixture.players[1].registered


async def test_it_takes_its_time(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        at.bots._delay = 0.5
        match = await at.invite()
        await at.play(match)
        await asyncio.sleep(0.1)
        assert (await at.now(match)).next_ply == 1
        await at.until(match, lambda m: m.next_ply == 2)
        times = [at.bots._time_for(match) for _ in range(200)]
        assert 0.2 < min(times) < max(times) < 0.5  # of the first move, quicker than the average
        assert len(set(times)) > 100


async def test_a_failure_of_the_engine_costs_a_weaker_move_at_most(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by = fails
        match = await at.invite()
        await at.play(match)
        await at.until(match, lambda m: m.next_ply == 2)
        assert at.thinkers.asked == [GENTLE, "search"]


async def test_without_any_engine_the_bot_tries_again_until_there_is_one(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by = at.thinkers.search_by = fails
        match = await at.invite()
        await at.play(match)
        await asyncio.sleep(0.3)
        assert (await at.now(match)).next_ply == 1
        at.thinkers.choose_by = first
        await at.until(match, lambda m: m.next_ply == 2)


async def test_in_the_end_it_gives_up_its_own_match_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GIVE_UP_AFTER", 0.1)
    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by = at.thinkers.search_by = fails
        bob = (await node.join("bob")).player
        people = await node.match(at.ann, bob)
        match, waiting = await at.invite(), await at.invite(LEVELS[1].name)
        await at.play(match)
        async with asyncio.timeout(10):
            while len(node.hall.open_of(at.ann.id)) == 3:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)
        ended = [n.match for n in node.heard if isinstance(n, MatchChanged) and n.match.outcome]
        assert [(m.fixture.id, m.outcome.result) for m in ended if m.outcome] == [
            (match.fixture.id, Result.ABANDONED)
        ]
        assert (await at.now(people)).outcome is None
        assert (await at.now(waiting)).outcome is None


async def test_it_gives_up_no_match_that_another_node_plays_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GIVE_UP_AFTER", 0.3)
    monkeypatch.setattr(module, "_PAUSES", (0.05, 0.05))
    url = new_database(tmp_path)
    one, two = Node(url), Node(url)
    await one.start()
    await two.start()
    async with table(two, "bob") as there, table(one) as here:
        here.thinkers.choose_by = here.thinkers.search_by = fails
        match = await here.invite()
        await here.play(match)
        await there.bots.look(0)
        await there.until(match, lambda m: m.next_ply == 2)
        await asyncio.sleep(0.6)
        found, _ = await two.hall.reread(match.fixture.public_id)
        assert (found.next_ply, found.outcome) == (2, None)
        assert not here.bots._turns
    await one.stop()
    await two.stop()


async def test_an_outage_is_no_failure_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GIVE_UP_AFTER", 0.2)
    monkeypatch.setattr(module, "_PAUSES", (0.05, 0.05))
    answers = [Unavailable("made up")] * 6 + [EngineFailed("made up")]

    def at_last(position: Position) -> int:
        if answers:
            raise answers.pop(0)
        return first(position)

    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by, at.thinkers.search_by = at_last, fails
        match = await at.invite()
        await at.play(match)
        moved = await at.until(match, lambda m: m.next_ply == 2)
        assert moved.outcome is None


async def test_a_crowd_is_no_failure_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GIVE_UP_AFTER", 0.1)
    monkeypatch.setattr(module, "_PAUSES", (0.05, 0.05))

    def crowded(_: Position) -> int:
        raise Crowded("made up")

    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by = crowded
        match = await at.invite()
        await at.play(match)
        await asyncio.sleep(0.4)
        at.thinkers.choose_by = first
        moved = await at.until(match, lambda m: m.next_ply == 2)
        assert moved.outcome is None
        assert "search" not in at.thinkers.asked


async def test_giving_up_is_tried_again_after_an_outage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GIVE_UP_AFTER", 0.05)
    monkeypatch.setattr(module, "_PAUSES", (0.05, 0.05))
    async with running_node(tmp_path) as node, table(node) as at:
        apply, refusals = node.referee.apply, [Unavailable("made up")]

        async def refuse_once(public_id: str, command: Command) -> Match:
            if isinstance(command, Abandon) and refusals:
                raise refusals.pop()
            return await apply(public_id, command)

        monkeypatch.setattr(node.referee, "apply", refuse_once)
        at.thinkers.choose_by = at.thinkers.search_by = fails
        match = await at.invite()
        await at.play(match)
        ended = await at.until(match, lambda m: m.outcome is not None)
        assert ended.outcome is not None
        assert ended.outcome.result is Result.ABANDONED
        assert not refusals


async def test_a_turn_that_is_over_is_left_alone(tmp_path: Path) -> None:
    """ann ends the match while the bot thinks; the next one is not touched by what it thought."""
    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.open.clear()
        match = await at.invite()
        await at.play(match)
        await node.referee.apply(match.fixture.public_id, Abandon(at.ann.id))
        again = await at.invite()
        at.thinkers.open.set()
        await asyncio.sleep(0.1)
        assert (await at.now(again)).next_ply == 0
        assert at.task.done() is False


async def test_a_bug_in_a_turn_ends_nothing(tmp_path: Path) -> None:
    def broken(_: Position) -> int:
        raise ZeroDivisionError

    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by = broken
        match = await at.invite()
        await at.play(match)
        await asyncio.sleep(0.1)
        assert not at.task.done()
        at.thinkers.choose_by = first
        node.clock.now += module._OVERDUE
        await at.bots.look(module._OVERDUE)
        await at.until(match, lambda m: m.next_ply == 2)


async def test_an_illegal_move_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        at.thinkers.choose_by = lambda _: CENTRE  # which is taken
        match = await at.invite()
        await at.play(match)
        await asyncio.sleep(0.1)
        assert (await at.now(match)).next_ply == 1
        assert not at.task.done()


async def test_after_a_restart_bots_go_on(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    before = Node(url)
    await before.start()
    async with table(before) as at:
        at.thinkers.open.clear()
        match = await at.invite()
        await at.play(match)
    await before.stop()
    after = Node(url, before.clock)
    await after.start()
    async with table(after, "bob") as at:
        await at.until(match, lambda m: m.next_ply == 2)
    await after.stop()


async def test_a_turn_of_a_dead_node_is_taken_by_another(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    one, two = Node(url), Node(url)
    await one.start()
    await two.start()
    async with table(two, "bob") as there:
        async with table(one) as here:
            here.thinkers.open.clear()
            match = await here.invite()
            await here.play(match)
            await asyncio.sleep(0.05)
        await there.bots.look(module._OVERDUE)
        assert there.thinkers.asked == [], "it may still come"
        two.clock.now += module._OVERDUE
        await there.bots.look(module._OVERDUE)
        assert (await there.until(match, lambda m: m.next_ply == 2)).next_ply == 2
        assert two.hall.open_of(next(iter(two.roster)).player.id)
    await one.stop()
    await two.stop()


async def test_two_nodes_that_take_the_same_turn_make_one_move(tmp_path: Path) -> None:
    """The slower one has thought of the move before last, and must not make it now."""
    url = new_database(tmp_path)
    one, two = Node(url), Node(url)
    await one.start()
    await two.start()
    async with table(two, "bob") as there, table(one) as here:
        here.thinkers.open.clear()
        there.thinkers.open.clear()
        match = await here.invite()
        played = await here.play(match)
        await there.bots.look(0)
        await asyncio.sleep(0.05)
        assert there.thinkers.asked == [GENTLE]
        here.thinkers.open.set()
        answered = await here.until(match, lambda m: m.next_ply == 2)
        await here.play(match, first(answered.position))
        await here.until(match, lambda m: m.next_ply == 4)
        there.thinkers.open.set()
        await asyncio.sleep(0.1)
        assert (await two.hall.reread(match.fixture.public_id))[0].next_ply == 4
        assert played.next_ply == 1
    await one.stop()
    await two.stop()


async def test_a_match_that_ended_elsewhere_is_forgotten(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    one, two = Node(url), Node(url)
    await one.start()
    await two.start()
    async with table(two, "bob") as there, table(one) as here:
        match = await here.invite()
        bot = match.fixture.players[1].id
        await there.bots.look(0)
        assert [m.fixture.id for m in two.hall.open_of(bot)] == [match.fixture.id]
        await one.referee.apply(match.fixture.public_id, Abandon(here.ann.id))
        await there.bots.look(0)
        assert two.hall.open_of(bot) == []
    await one.stop()
    await two.stop()


async def test_bots_whose_name_a_person_holds_do_not_play(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        person = await node.player(GENTLE, registered=True)
        await node.roster.admit()
        assert person.id not in node.roster
        assert [bot.level for bot in node.roster] == list(LEVELS[1:])
        login = await node.accounts.login(GENTLE, "secret")
        assert login.player == person, "nobody loses his account"
        ann = (await node.join("ann")).player
        await node.lobby.request_named(ann, GENTLE)


async def test_without_bots_their_accounts_play_with_nobody(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        await node.roster.admit()
        node.lobby._roster = Roster(node.journal, node.clock, ())
        ann = (await node.join("ann")).player
        with pytest.raises(RequestRefused, match="do not play"):
            await node.lobby.request_named(ann, GENTLE)


async def test_what_ended_without_a_bot_is_not_kept_for_it(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        await node.roster.admit()
        bot = next(iter(node.roster)).player
        match = await node.match(await node.player("old"), bot)
        while match.outcome is None:
            mover = match.fixture.players[match.position.turn]
            command = Play(mover.id, first(match.position))
            match = await node.referee.apply(match.fixture.public_id, command)
        assert await node.hall.read_shown_to([bot.id])
        async with table(node):
            assert node.hall.is_present(bot.id)
            assert node.hall.of(bot.id) == []
            await node.settle()
            assert not await node.hall.read_shown_to([bot.id])


async def test_a_bot_that_is_nearly_full_gives_up_what_is_deserted(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        node.roster.most_open = 4
        here = await at.invite()
        bot = here.fixture.players[1]
        counts = await node.match(await node.player("counts", registered=True), bot)
        assert counts.fixture.ranked
        longest = await node.match(await node.player("longest"), bot)
        node.clock.now += 1
        later = await node.match(await node.player("later"), bot)
        node.clock.now += module._DESERTED - 2
        await at.bots.make_room()
        assert len(node.hall.open_of(bot.id)) == 4, "whoever thinks for ten minutes may think"
        node.clock.now += 2
        await at.bots.make_room()
        left = {match.fixture.id for match in node.hall.open_of(bot.id)}
        assert left == {match.fixture.id for match in (here, counts, later)}
        assert (await at.now(longest)).outcome is not None
        await at.bots.make_room()
        assert len(node.hall.open_of(bot.id)) == 3, "there is room again"


async def test_what_others_have_done_is_no_event_for_the_log(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        bot = (await at.invite()).fixture.players[1]
        made_elsewhere = await node.match(await node.player("bob"), bot)
        node.hall.forget(made_elsewhere, bot.id)
        with structlog.testing.capture_logs() as logs:
            await at.bots.look(0)
        assert [(log["event"], log["log_level"]) for log in logs] == [
            ("matches_corrected", "debug")
        ]
        assert len(node.hall.open_of(bot.id)) == 2


async def test_a_turn_of_some_seconds_ago_is_ours_if_we_are_told_of_it(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node, table(node) as at:
        bot = next(iter(node.roster)).player
        match = await node.match(bot, at.ann)
        node.clock.now += 5_001
        node.bus.publish(MatchChanged(match))
        await asyncio.sleep(0.05)
        assert (await at.now(match)).next_ply == 0, "another node has long begun to think"
        node.clock.now -= 1_001
        node.bus.publish(MatchChanged(match))
        await at.until(match, lambda m: m.next_ply == 1)


async def test_bots_never_expire(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        await node.roster.admit()
        old = await node.player("old", registered=True)
        node.clock.now += 1000 * 86_400_000
        await node.sweeps.sweep()
        assert not await node.hall.read_shown_to([old.id])
        before = {bot.player.id for bot in node.roster}
        again: Any = Roster(node.journal, node.clock)
        await again.admit()
        assert {bot.player.id for bot in again} == before
