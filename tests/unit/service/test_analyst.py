"""Analyses: for finished matches only, one job for all who ask, limits, failures, what is kept."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import structlog

from node import START, Node, new_database, running_node
from uttt.bus.notices import AnalysisAdvanced, AnalysisMade, AnalysisNotMade
from uttt.domain.commands import Abandon, Expire, Play
from uttt.domain.match import Match, Player
from uttt.domain.refusals import Code, Refused
from uttt.engine.judgement import Certain
from uttt.rules.position import legal_moves
from uttt.service import analyst
from uttt.service.analyst import Asker, Progress, Report
from uttt.service.thinkers import EngineFailed
from uttt.storage.failures import Unavailable

numbers = itertools.count()
SOMEBODY = Asker("192.0.2.1")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what happens inside tells nobody
            await asyncio.sleep(0.005)


async def played(node: Node, *, plies: int = 81, registered: bool = False) -> Match:
    """A match with the first legal moves, to its end or until somebody gives up."""
    ann, bob = [
        await node.player(f"{name}-{next(numbers)}", registered=registered)
        for name in ("ann", "bob")
    ]
    match = await node.match(ann, bob)
    while match.outcome is None and match.position.plies < plies:
        mover = match.fixture.players[match.position.turn]
        command = Play(mover.id, legal_moves(match.position)[0])
        match = await node.referee.apply(match.fixture.public_id, command)
    if match.outcome is None:
        match = await node.referee.apply(match.fixture.public_id, Abandon(ann.id))
    return match


def by(player: Player) -> Asker:
    return Asker("192.0.2.1", player)


def heard(node: Node, kind: type[Any]) -> list[Any]:
    return [notice for notice in node.heard if isinstance(notice, kind)]


async def finished(node: Node, public_id: str) -> Report:
    """Wait for an analysis that was begun."""
    found: Report | Progress = Progress("", 0, 0)
    while not isinstance(found, Report):
        await asyncio.sleep(0.005)
        found = await node.analyst.look(public_id)
    return found


async def code_of(request: Any) -> Code:
    with pytest.raises(Refused) as refused:
        await request
    return refused.value.code


async def test_each_position_is_searched_once_from_the_last_one_on(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        public_id, plies = match.fixture.public_id, match.position.plies
        found = await node.analyst.request(public_id, by(match.fixture.players[1]))
        assert found == Progress(public_id, 0, plies)
        report = await finished(node, public_id)
        searched = [position.plies for position in node.thinker.asked]
        assert sorted(set(searched)) == list(range(plies))
        assert searched == sorted(searched, reverse=True)
        assert report.fixture == match.fixture
        assert len(report.analysis.moves) == plies
        assert report.analysis.moves[-1].chance in (0.0, 1.0)
        made = heard(node, AnalysisMade)
        assert made == [
            AnalysisMade(frozenset({match.fixture.players[1].id}), match.fixture, report.analysis)
        ]


async def test_a_match_that_was_given_up_has_its_last_position_searched_too(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node, plies=4)
        await node.analyst.request(match.fixture.public_id, SOMEBODY)
        report = await finished(node, match.fixture.public_id)
        assert len(node.thinker.asked) == 5
        assert len(report.analysis.moves) == 4
        assert report.analysis.turning_point is None
        assert heard(node, AnalysisAdvanced) == [], "nobody is there to be told"


async def test_without_a_move_there_is_the_beginning_at_least(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node, plies=0)
        await node.analyst.request(match.fixture.public_id, SOMEBODY)
        report = await finished(node, match.fixture.public_id)
        assert report.analysis.moves == ()
        assert 0 < report.analysis.start_chance < 1


async def test_never_a_match_that_goes_on(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        public_id = (await node.match(ann, bob)).fixture.public_id
        for player, move in ((ann, 40), (bob, 36), (ann, 4)):
            await node.referee.apply(public_id, Play(player.id, move))
            for asker in (by(ann), by(bob), SOMEBODY):
                assert await code_of(node.analyst.request(public_id, asker)) is Code.MATCH_RUNNING
            assert await code_of(node.analyst.look(public_id)) is Code.MATCH_RUNNING
        assert node.thinker.asked == []


async def test_what_is_unknown_or_was_over_before_it_began(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        for unknown in ("0" * 32, "", "'", "\x00", "x" * 1000, "ä"):
            assert await code_of(node.analyst.request(unknown, SOMEBODY)) is Code.UNKNOWN_MATCH
            assert await code_of(node.analyst.look(unknown)) is Code.UNKNOWN_MATCH
        match = await node.match(await node.player("ann"), await node.player("bob"))
        await node.referee.apply(match.fixture.public_id, Expire(START * 2))
        assert await code_of(node.analyst.look(match.fixture.public_id)) is Code.UNKNOWN_MATCH


async def test_all_who_ask_share_one_job(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        ann, bob = match.fixture.players
        node.thinker.gate.clear()
        both = [node.analyst.request(match.fixture.public_id, by(p)) for p in (ann, bob)]
        assert (
            await asyncio.gather(*both)
            == [Progress(match.fixture.public_id, 0, match.position.plies)] * 2
        )
        await until(lambda: len(node.thinker.asked) == 1)
        assert isinstance(await node.analyst.look(match.fixture.public_id), Progress)
        node.thinker.gate.set()
        await finished(node, match.fixture.public_id)
        searched = [position.plies for position in node.thinker.asked]
        assert len(set(searched)) == match.position.plies
        (made,) = heard(node, AnalysisMade)
        assert made.player_ids == {ann.id, bob.id}
        assert all(n.player_ids == {ann.id, bob.id} for n in heard(node, AnalysisAdvanced))
        assert heard(node, AnalysisAdvanced)


async def test_what_is_there_costs_nothing_more_also_after_a_restart(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    async with node_on(url) as node:
        match = await played(node)
        await node.analyst.request(match.fixture.public_id, SOMEBODY)
        first = await finished(node, match.fixture.public_id)
        searches = len(node.thinker.asked)
        assert await node.analyst.request(match.fixture.public_id, SOMEBODY) == first
        assert len(node.thinker.asked) == searches
    async with node_on(url, analyses_per_address=1) as node:
        for _ in range(3):
            again = await node.analyst.request(match.fixture.public_id, SOMEBODY)
            assert isinstance(again, Report)
            assert again.analysis == first.analysis
        assert node.thinker.asked == []


async def test_another_engine_does_it_anew_if_it_may(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    async with node_on(url, engine="old") as node:
        match = await played(node)
        public_id = match.fixture.public_id
        await node.analyst.request(public_id, SOMEBODY)
        await finished(node, public_id)
    async with node_on(url, engine="slow", replaces_others=False) as node:
        report = await node.analyst.request(public_id, SOMEBODY)
        assert isinstance(report, Report)
        assert report.analysis.engine == "old"
    async with node_on(url, engine="new", analyses_per_address=1) as node:
        other = await played(node)
        await node.analyst.request(other.fixture.public_id, SOMEBODY)  # takes the only token
        report = await node.analyst.request(public_id, SOMEBODY)
        assert isinstance(report, Report)
        assert report.analysis.engine == "old", "better than nothing"
        node.clock.now += 60_000
        assert isinstance(await node.analyst.request(public_id, SOMEBODY), Progress)
        assert (await finished(node, public_id)).analysis.engine == "new"


@asynccontextmanager
async def node_on(url: str, **options: Any) -> AsyncIterator[Node]:
    node = Node(url, **options)
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


async def test_limits_of_accounts_and_of_all_others(tmp_path: Path) -> None:
    async with running_node(tmp_path, analyses_per_account=2, analyses_per_address=1) as node:
        accounts = [await played(node, plies=0, registered=True) for _ in range(3)]
        guests = [await played(node, plies=0) for _ in range(3)]
        request = node.analyst.request
        ann = accounts[0].fixture.players[0]
        for match in accounts[:2]:
            await request(match.fixture.public_id, by(ann))
        assert await code_of(request(accounts[2].fixture.public_id, by(ann))) is Code.TOO_FAST
        tim, kim = (match.fixture.players[0] for match in guests[:2])
        await request(guests[0].fixture.public_id, by(tim))
        for asker in (by(tim), by(kim), SOMEBODY):
            assert await code_of(request(guests[1].fixture.public_id, asker)) is Code.TOO_FAST
        await request(guests[1].fixture.public_id, Asker("192.0.2.2", kim))
        await request(guests[1].fixture.public_id, by(tim))  # somebody else has paid
        node.clock.now += 60_000
        await request(guests[2].fixture.public_id, SOMEBODY)
        assert node.analyst.patience == 60


async def test_no_more_than_some_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst, "_MOST_JOBS", 2)
    async with running_node(tmp_path, analyses_per_address=3) as node:
        ended = [await played(node, plies=1) for _ in range(3)]
        node.thinker.gate.clear()
        for match in ended[:2]:
            await node.analyst.request(match.fixture.public_id, SOMEBODY)
        third = ended[2].fixture.public_id
        assert await code_of(node.analyst.request(third, SOMEBODY)) is Code.BUSY
        await node.analyst.request(ended[0].fixture.public_id, SOMEBODY)
        node.thinker.gate.set()
        for match in ended[:2]:
            await finished(node, match.fixture.public_id)
        await node.analyst.request(third, SOMEBODY)  # the refusal has cost no token
        await finished(node, third)


async def test_one_failure_is_an_accident(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        node.thinker.fails.append(EngineFailed("killed"))
        await node.analyst.request(match.fixture.public_id, SOMEBODY)
        report = await finished(node, match.fixture.public_id)
        assert len(report.analysis.moves) == match.position.plies


@pytest.mark.parametrize(
    ("failure", "code", "event"),
    [
        (EngineFailed("broken"), Code.ANALYSIS_FAILED, "analysis_failed"),
        (TimeoutError(), Code.BUSY, "analysis_given_up"),
        (Unavailable("away"), Code.UNAVAILABLE, "analysis_not_kept"),
        (ZeroDivisionError(), Code.INTERNAL, "analysis_crashed"),
    ],
)
async def test_a_failure_is_told_and_not_kept(
    tmp_path: Path, failure: Exception, code: Code, event: str
) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        public_id, ann = match.fixture.public_id, match.fixture.players[0]
        node.thinker.fails += [failure, failure]
        with structlog.testing.capture_logs() as logs:
            await node.analyst.request(public_id, by(ann))
            await until(lambda: bool(heard(node, AnalysisNotMade)))
        assert [log["event"] for log in logs if log["log_level"] != "warning"] == (
            [event] if code is not Code.BUSY else []
        )
        assert heard(node, AnalysisNotMade) == [
            AnalysisNotMade(frozenset({ann.id}), public_id, code)
        ]
        assert await code_of(node.analyst.look(public_id)) is code
        node.thinker.fails.clear()
        assert isinstance(await node.analyst.request(public_id, by(ann)), Progress)
        await finished(node, public_id)
        other = await played(node)
        assert await code_of(node.analyst.look(other.fixture.public_id)) is Code.NOT_ANALYSED


async def test_it_is_given_up_after_a_long_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyst, "_PATIENCE", 0.01)
    async with running_node(tmp_path) as node:
        match = await played(node, plies=2)  # three positions of 0.2 s each
        began = perf_counter()
        node.thinker.gate.clear()
        await node.analyst.request(match.fixture.public_id, SOMEBODY)
        await until(lambda: bool(heard(node, AnalysisNotMade)))
        assert perf_counter() - began >= 1.2, "longer searches may take longer"
        assert await code_of(node.analyst.look(match.fixture.public_id)) is Code.BUSY


async def test_nothing_is_told_that_could_not_be_stored(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        node.thinker.gate.clear()
        await node.analyst.request(match.fixture.public_id, by(match.fixture.players[0]))
        node.heartbeat.healthy = False
        node.thinker.gate.set()
        await until(lambda: bool(heard(node, AnalysisNotMade)))
        node.heartbeat.healthy = True
        assert heard(node, AnalysisMade) == []
        assert heard(node, AnalysisNotMade)[0].code is Code.UNAVAILABLE


async def test_a_match_that_is_deleted_meanwhile_is_told_and_not_kept(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        node.thinker.gate.clear()
        await node.analyst.request(match.fixture.public_id, by(match.fixture.players[0]))
        await node.accounts.remove(match.fixture.players[1])
        node.thinker.gate.set()
        await until(lambda: bool(heard(node, AnalysisMade)))
        assert await code_of(node.analyst.look(match.fixture.public_id)) is Code.UNKNOWN_MATCH


async def test_before_a_move_that_lost_it_is_looked_again_and_longer(tmp_path: Path) -> None:
    """Whether all was lost before is a harder question than whether it is now."""
    async with running_node(tmp_path) as node:
        match = await played(node)
        await node.analyst.request(match.fixture.public_id, SOMEBODY)
        report = await finished(node, match.fixture.public_id)
        searches = list(zip(node.thinker.asked, node.thinker.seconds, strict=True))
        assert {seconds for _, seconds in searches} == {0.2, 1.0}
        for position in (position for position, seconds in searches if seconds == 1.0):
            winner = Certain.SECOND if position.turn == 0 else Certain.FIRST
            assert report.analysis.moves[position.plies].proof is winner
            assert report.analysis.moves[position.plies].lost_by_force


async def test_progress_is_told_twice_a_second_at_most(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match = await played(node)
        ann = match.fixture.players[0]
        await node.analyst.request(match.fixture.public_id, by(ann))
        await finished(node, match.fixture.public_id)
        total = match.position.plies
        told = heard(node, AnalysisAdvanced)
        assert told[0] == AnalysisAdvanced(frozenset({ann.id}), match.fixture.public_id, 1, total)
        assert len(told) < total / 2


async def test_one_address_leaves_the_queue_to_others(tmp_path: Path) -> None:
    async with running_node(tmp_path, jobs_per_address=2) as node:
        node.thinker.gate.clear()
        first, second, third = [(await played(node, plies=2)).fixture.public_id for _ in range(3)]
        ann = by(await node.player("ann", registered=True))
        await node.analyst.request(first, SOMEBODY)
        await node.analyst.request(second, ann)
        assert await code_of(node.analyst.request(third, ann)) is Code.TOO_FAST
        await node.analyst.request(first, ann)  # which is not another one
        await node.analyst.request(third, Asker("192.0.2.2"))
        node.thinker.gate.set()
        for public_id in (first, second, third):
            await finished(node, public_id)
        fourth = (await played(node, plies=2)).fixture.public_id
        await node.analyst.request(fourth, ann)


async def test_requests_are_limited_also_for_what_is_there(tmp_path: Path) -> None:
    async with running_node(tmp_path, analysis_requests=2) as node:
        match = await played(node, plies=2)
        public_id, (ann, bob) = match.fixture.public_id, match.fixture.players
        await node.analyst.request(public_id, by(ann))
        await finished(node, public_id)
        assert isinstance(await node.analyst.request(public_id, by(bob)), Report)
        assert await code_of(node.analyst.request(public_id, by(ann))) is Code.TOO_FAST
        await node.analyst.request(public_id, Asker("192.0.2.2", ann))
        node.clock.now += 60_000
        await node.analyst.request(public_id, by(ann))
