"""Moves that the referee begins without a task: which, and when who asked hears what came of it."""

import asyncio
from pathlib import Path

import pytest

from node import Node, running_node
from uttt.bus.notices import MatchChanged, Notice
from uttt.domain.commands import Abandon, Play
from uttt.domain.match import Match
from uttt.domain.refusals import Refused
from uttt.rules.position import legal_moves
from uttt.service.accounts import Login
from uttt.storage import matches
from uttt.storage.failures import Behind, Unavailable


class Board:
    """A match of ann and bob, who are present, and what was settled of the moves begun in it."""

    def __init__(self, node: Node, ann: Login, bob: Login, match: Match) -> None:
        self.node, self.players, self.match = node, (ann.player, bob.player), match
        self.settled: asyncio.Queue[Exception | None] = asyncio.Queue()
        self.begun = 0

    @classmethod
    async def on(cls, node: Node) -> "Board":
        ann, bob = await node.join("ann"), await node.join("bob")
        match = await node.match(ann.player, bob.player, public_id="m")
        node.heard.clear()
        return cls(node, ann, bob, match)

    def begin(self, side: int, move: int, ply: int | None = None) -> bool:
        command = Play(self.players[side].id, move, ply)
        begun = self.node.referee.begin("m", command, self.settled.put_nowait)
        self.begun += begun
        return begun

    async def settle(self) -> list[Exception | None]:
        """Wait until all that was begun is settled."""
        begun, self.begun = self.begun, 0
        async with asyncio.timeout(5):
            return [await self.settled.get() for _ in range(begun)]

    @property
    def known(self) -> Match:
        match = self.node.hall.known("m")
        assert match is not None
        return match

    async def stored(self) -> Match:
        found = await self.node.database.read(lambda c: matches.find(c, "m"))
        assert found is not None
        return found


async def test_nobody_hears_of_a_move_before_it_is_stored(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        board = await Board.on(node)
        assert board.begin(0, 40)
        assert (board.settled.empty(), node.heard, board.known.next_ply) == (True, [], 0)
        assert await board.settle() == [None]
        (notice,) = node.heard
        assert isinstance(notice, MatchChanged)
        assert notice.match == board.known
        stored = await board.stored()
        assert (stored.next_ply, stored.position.last) == (1, 40)


async def test_a_whole_game_but_its_end(tmp_path: Path) -> None:
    """What ends a match goes by `apply`, and comes to the same."""
    async with running_node(tmp_path) as node:
        board = await Board.on(node)
        while True:
            move = legal_moves(board.known.position)[0]
            side = board.known.position.turn
            if not board.begin(side, move):
                break
            assert await board.settle() == [None]
            assert board.known.position == (await board.stored()).position
        assert len(node.heard) == board.known.next_ply > 20
        ended = await node.referee.apply("m", Play(board.players[side].id, move))
        assert ended.outcome is not None


async def test_what_is_not_a_usual_move_is_not_begun(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        board = await Board.on(node)
        stranger = (await node.join("eve")).player
        assert not board.begin(1, 40), "out of turn"
        assert not board.begin(0, 81), "no move"
        assert not board.begin(0, 40, ply=1), "not that ply"
        assert not node.referee.begin("m", Play(stranger.id, 40), board.settled.put_nowait)
        assert not node.referee.begin("n", Play(board.players[0].id, 40), board.settled.put_nowait)
        await node.referee.apply("m", Abandon(board.players[0].id))
        assert not board.begin(0, 40), "the match is over"
        assert board.settled.empty()


async def test_of_two_moves_for_one_ply_the_second_is_behind(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        board = await Board.on(node)
        assert board.begin(0, 40)
        assert board.begin(0, 41)
        first, second = await board.settle()
        assert first is None
        assert isinstance(second, Behind)
        assert (board.known.position.last, len(node.heard)) == (40, 1)
        assert board.known == await board.stored()


async def test_a_move_that_is_not_stored_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Unavailable("gone")

    async with running_node(tmp_path) as node:
        board = await Board.on(node)
        with monkeypatch.context() as patches:
            patches.setattr(node.database, "commit", fail)
            assert board.begin(0, 40)
            (failure,) = await board.settle()
            assert isinstance(failure, Unavailable)
            assert not board.begin(0, 40), "the database is known to be away"
        assert (board.known.next_ply, node.heard) == (0, [])
        assert (await board.stored()).next_ply == 0


async def test_a_bug_in_telling_is_told_to_who_moved_and_the_move_stays(tmp_path: Path) -> None:
    def fail(_notice: Notice) -> None:
        raise ZeroDivisionError

    async with running_node(tmp_path) as node:
        board = await Board.on(node)
        node.bus.subscribe(fail)
        assert board.begin(0, 40)
        (bug,) = await board.settle()
        assert isinstance(bug, ZeroDivisionError)
        assert board.known == await board.stored()
        with pytest.raises(Refused):
            await node.referee.apply("m", Play(board.players[0].id, 40))
