"""The referee of a node that does not know all: others have moved on the same database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node import Node, new_database
from uttt.bus.notices import MatchChanged, MatchGone, StandingChanged
from uttt.domain.commands import Abandon, Play
from uttt.domain.match import Match, decide, evolve
from uttt.domain.refusals import Code, Refused
from uttt.service.accounts import Login
from uttt.storage.failures import Unavailable


class Two:
    """Two nodes with ann and bob, who are present on `here` and begin a match of which `here`
    knows. `reads` counts those of `here`.
    """

    def __init__(self, directory: Path) -> None:
        url = new_database(directory)
        self.here, self.there = Node(url), Node(url)
        self.reads = 0

    async def start(self) -> None:
        for node in (self.here, self.there):
            await node.start()
        self.ann = await self.here.join("ann", registered=True)
        self.bob = await self.here.join("bob", registered=True)
        self.match = await self.here.match(self.ann.player, self.bob.player, public_id="m")
        read = self.here.database.read

        async def counted(query: Any) -> Any:
            self.reads += 1
            return await read(query)

        self.here.database.read = counted  # type: ignore[method-assign]
        self.here.heard.clear()

    async def play(self, node: Node, who: Login, move: int) -> Match:
        return await node.referee.apply("m", Play(who.player.id, move))

    @property
    def known(self) -> Match:
        (match,) = self.here.hall.of(self.ann.player.id)
        return match

    @property
    def heard(self) -> list[tuple[type, int]]:
        """What the players here were told: the kind of notice, and of how many moves."""
        return [
            (type(notice), notice.match.position.plies if hasattr(notice, "match") else 0)
            for notice in self.here.heard
        ]


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    two = Two(tmp_path)
    await two.start()
    yield two
    for node in (two.here, two.there):
        await node.stop()


async def refused(two: Two, who: Login, move: int) -> Code:
    with pytest.raises(Refused) as caught:
        await two.play(two.here, who, move)
    return caught.value.code


async def test_a_move_that_only_seems_to_come_out_of_turn(two: Two) -> None:
    await two.play(two.there, two.ann, 40)
    await two.play(two.here, two.bob, 36)
    assert two.heard == [(MatchChanged, 1), (MatchChanged, 2)]


async def test_a_move_that_only_seems_to_go_to_the_wrong_board(two: Two) -> None:
    await two.play(two.here, two.ann, 40)
    await two.play(two.there, two.bob, 36)
    await two.play(two.there, two.ann, 4)
    two.here.heard.clear()
    assert await refused(two, two.ann, 4) is Code.NOT_YOUR_TURN
    assert two.heard == [(MatchChanged, 3)], "he is shown why"
    assert two.known.next_ply == 3


async def test_a_refusal_that_is_right_tells_nobody_anything(two: Two) -> None:
    assert await refused(two, two.bob, 40) is Code.NOT_YOUR_TURN
    assert two.heard == []
    assert two.reads == 1


async def test_what_no_other_node_can_make_legal_is_not_read_again(two: Two) -> None:
    eve = await two.there.join("eve")
    assert await refused(two, eve, 40) is Code.NOT_YOUR_MATCH
    assert two.reads == 0


async def test_who_floods_with_illegal_moves_does_not_flood_the_database(two: Two) -> None:
    for _ in range(200):
        assert await refused(two, two.bob, 40) is Code.NOT_YOUR_TURN
    assert two.reads == 60


async def test_a_refusal_stands_if_the_database_cannot_be_asked(two: Two) -> None:
    async def away(_query: Any) -> Any:
        raise Unavailable("gone")

    two.here.database.read = away  # type: ignore[method-assign]
    assert await refused(two, two.bob, 40) is Code.NOT_YOUR_TURN


async def test_a_lost_race_is_news_to_the_other_player(two: Two) -> None:
    await two.play(two.there, two.ann, 40)
    assert await refused(two, two.ann, 41) is Code.NOT_YOUR_TURN
    assert two.heard == [(MatchChanged, 1)]


async def test_a_lost_race_against_the_end(two: Two) -> None:
    await two.play(two.here, two.ann, 40)
    await two.play(two.here, two.bob, 36)
    await two.there.referee.apply("m", Abandon(two.ann.player.id))
    two.here.heard.clear()
    assert await refused(two, two.ann, 4) is Code.MATCH_OVER
    assert two.heard == [(StandingChanged, 0), (StandingChanged, 0), (MatchChanged, 2)]
    assert two.here.hall.of(two.ann.player.id) == []


async def refresh(two: Two) -> None:
    await two.here.referee.tell(await two.here.referee.refresh())


async def test_a_refresh_without_news_tells_nobody_anything(two: Two) -> None:
    await two.play(two.here, two.ann, 40)
    two.here.heard.clear()
    await refresh(two)
    assert two.heard == []


async def test_a_refresh_finds_moves(two: Two) -> None:
    await two.play(two.there, two.ann, 40)
    await refresh(two)
    assert two.heard == [(MatchChanged, 1)]
    assert two.known.next_ply == 1


async def test_a_refresh_finds_ends(two: Two) -> None:
    await two.play(two.there, two.ann, 40)
    await two.play(two.there, two.bob, 36)
    await two.there.referee.apply("m", Abandon(two.ann.player.id))
    await refresh(two)
    assert two.heard == [(StandingChanged, 0), (StandingChanged, 0), (MatchChanged, 2)]
    assert two.here.hall.of(two.ann.player.id) == []


async def test_a_refresh_finds_that_a_match_is_gone(two: Two) -> None:
    await two.there.accounts.remove(two.bob.player)
    await refresh(two)
    assert two.heard == [(MatchGone, 0)]
    assert two.here.hall.of(two.ann.player.id) == []


async def test_a_refresh_finds_new_matches(two: Two) -> None:
    eve = await two.there.join("eve")
    await two.there.match(eve.player, two.ann.player, public_id="new")
    await refresh(two)
    assert two.heard == [(MatchChanged, 0)]
    assert {m.fixture.public_id for m in two.here.hall.of(two.ann.player.id)} == {"m", "new"}


async def test_a_refresh_corrects_what_was_known_too_much(two: Two) -> None:
    """A database that has lost its last moments is right, for all goes on from there."""
    event = decide(two.known, Play(two.ann.player.id, 40), two.here.clock())
    two.here.hall.update(evolve(two.known, event))
    assert two.known.next_ply == 1
    await refresh(two)
    assert two.heard == [(MatchChanged, 0)]
    assert two.known.next_ply == 0


async def test_what_happens_during_a_refresh_is_not_undone_by_it(two: Two) -> None:
    read_shown_to = two.here.hall.read_shown_to

    async def read(player_ids: Any) -> Any:
        found = await read_shown_to(player_ids)
        await two.play(two.here, two.ann, 40)
        return found

    two.here.hall.read_shown_to = read  # type: ignore[method-assign]
    await refresh(two)
    assert two.heard == [(MatchChanged, 1)]
    assert two.known.next_ply == 1


async def test_a_rating_that_could_not_be_read_is_told_after_the_outage(two: Two) -> None:
    await two.play(two.here, two.ann, 40)
    await two.play(two.here, two.bob, 36)
    two.here.heard.clear()
    look = two.here.database.look

    async def away(_query: Any) -> Any:
        raise Unavailable("gone")

    two.here.database.look = away  # type: ignore[method-assign]
    await two.here.referee.apply("m", Abandon(two.ann.player.id))
    assert two.heard == [(MatchChanged, 2)]
    two.here.database.look = look  # type: ignore[method-assign]
    await refresh(two)
    assert two.heard[1:] == [(StandingChanged, 0), (StandingChanged, 0)]
    await refresh(two)
    assert len(two.heard) == 3


async def test_a_refresh_leaves_to_the_mover_what_is_being_written(two: Two) -> None:
    """It may see a move that is committed before its mover does, who then tells it."""
    commit = two.here.database.commit
    written, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        outcomes = await commit(*arguments)
        written.set()
        await go_on.wait()
        return outcomes

    two.here.database.commit = slow  # type: ignore[method-assign]
    moving = asyncio.create_task(two.play(two.here, two.ann, 40))
    await written.wait()
    await refresh(two)
    assert two.heard == []
    go_on.set()
    await moving
    assert two.heard == [(MatchChanged, 1)]
    await refresh(two)
    assert len(two.heard) == 1
