"""Who has been told how a match ended: written together, kept until it is written."""

from pathlib import Path

import pytest

from node import Node, running_node
from uttt.domain.commands import Play
from uttt.domain.match import Match
from uttt.rules.position import legal_moves
from uttt.service.accounts import Login
from uttt.storage import matches
from uttt.storage.failures import Unavailable


async def ended(node: Node) -> tuple[Match, Login, Login]:
    """Play a match to its end between two who are present; both are told then."""
    ann, bob = await node.join("ann"), await node.join("bob")
    match = await node.match(ann.player, bob.player)
    while match.outcome is None:
        mover = match.fixture.players[match.position.turn]
        command = Play(mover.id, legal_moves(match.position)[0])
        match = await node.referee.apply(match.fixture.public_id, command)
    return match, ann, bob


async def shown(node: Node, login: Login) -> list[Match]:
    return await node.database.read(lambda c: matches.shown_to(c, login.player.id))


async def test_it_is_written_later_and_for_all_together(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match, ann, bob = await ended(node)
        assert [m.fixture for m in await shown(node, ann)] == [match.fixture]
        await node.told.write()
        assert await shown(node, ann) == await shown(node, bob) == []
        assert node.told.of(ann.player.id) == set()


async def test_whoever_comes_back_before_is_not_told_again(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        _, ann, _ = await ended(node)
        node.attendance.leave(ann)
        await node.attendance.enter(ann)
        assert node.hall.of(ann.player.id) == []


async def test_what_could_not_be_written_is_kept(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        match, ann, _ = await ended(node)
        node.heartbeat.healthy = False
        with pytest.raises(Unavailable):
            await node.told.write()
        assert node.told.of(ann.player.id) == {match.fixture.id}
        node.heartbeat.healthy = True
        await node.told.write()
        assert await shown(node, ann) == []
