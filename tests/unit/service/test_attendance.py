"""Who is connected stays alive: renewed in batches, and told when his session is gone."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from node import DAY, HOUR, START, Node, running_node
from uttt.bus.notices import SessionsVoided
from uttt.service import attendance
from uttt.storage import players as player_statements
from uttt.storage import sessions as session_statements
from uttt.storage.failures import Locked, Unavailable
from uttt.storage.tables import players, sessions


async def seen(node: Node) -> tuple[dict[int, int], dict[int, int]]:
    """When sessions and players were last seen, by id."""

    def read(connection: Any) -> tuple[dict[int, int], dict[int, int]]:
        return tuple(
            dict(tuple(row) for row in connection.execute(select(table.c.id, table.c.seen_at)))
            for table in (sessions, players)
        )  # type: ignore[return-value]

    return await node.database.read(read)


def voided(node: Node) -> list[frozenset[int]]:
    return [notice.session_ids for notice in node.heard if isinstance(notice, SessionsVoided)]


async def test_the_connected_are_renewed_and_others_are_not(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.accounts.login("bob", "")
        node.clock.now += HOUR
        await node.attendance.renew()
        by_session, by_player = await seen(node)
        assert by_session == {ann.session_id: START + HOUR, bob.session_id: START}
        assert by_player == {ann.player.id: START + HOUR, bob.player.id: START}
        assert voided(node) == []


async def test_who_left_since_the_last_time_is_renewed_once_more(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann = await node.join("ann")
        node.clock.now += 1000
        node.attendance.leave(ann)
        await node.attendance.renew()
        node.clock.now += 1000
        await node.attendance.renew()
        assert (await seen(node))[0] == {ann.session_id: START + 1000}


async def test_two_sessions_of_one_player(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        first = await node.join("ann", registered=True)
        second = await node.join("ann", registered=True)
        assert first.session_id != second.session_id
        node.attendance.leave(first)
        assert node.hall.is_present(first.player.id)
        await node.attendance.renew()
        node.clock.now += 1000
        await node.attendance.renew()
        assert (await seen(node))[0] == {
            first.session_id: START,
            second.session_id: START + 1000,
        }
        node.attendance.leave(second)
        assert not node.hall.is_present(first.player.id)


def keep_locked(monkeypatch: pytest.MonkeyPatch, player_id: int, times: int) -> None:
    """Have somebody lock a player for so many attempts to note him."""
    touch_free, left = player_statements.touch_free, [times]

    def touch(connection: Any, player_ids: set[int], now: int) -> set[int]:
        if player_id in player_ids and left[0]:
            left[0] -= 1
            player_ids = player_ids - {player_id}
        return touch_free(connection, player_ids, now)

    monkeypatch.setattr(player_statements, "touch_free", touch)
    monkeypatch.setattr(attendance, "_PAUSES_FOR_LOCKED", (0.0, 0.0, 0.0))


async def test_who_is_locked_for_a_moment_is_noted_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.join("bob")
        node.clock.now += HOUR
        keep_locked(monkeypatch, ann.player.id, times=3)
        await node.attendance.renew()
        assert (await seen(node))[1] == {ann.player.id: START + HOUR, bob.player.id: START + HOUR}


async def test_who_is_locked_for_long_keeps_nobody_else_from_being_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.join("bob")
        node.attendance.leave(ann)
        node.clock.now += HOUR
        keep_locked(monkeypatch, ann.player.id, times=4)
        with pytest.raises(Locked):
            await node.attendance.renew()
        by_session, by_player = await seen(node)
        assert by_session == {ann.session_id: START + HOUR, bob.session_id: START + HOUR}
        assert by_player == {ann.player.id: START, bob.player.id: START + HOUR}
        await node.attendance.renew()  # he has gone, but this is not forgotten
        assert (await seen(node))[1][ann.player.id] == START + HOUR


async def test_a_session_that_was_deleted_elsewhere_is_told_once(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann, bob = await node.join("ann"), await node.join("bob")
        await node.journal.write(lambda c: player_statements.remove(c, ann.player.id))
        await node.attendance.renew()
        assert voided(node) == [frozenset({ann.session_id})]
        node.attendance.leave(ann)
        await node.attendance.renew()
        node.heard.clear()
        await node.attendance.renew()
        assert voided(node) == []
        assert node.hall.is_present(bob.player.id)


async def test_a_voided_session_leaves_other_sessions_of_the_account(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        first = await node.join("ann", registered=True)
        await node.join("ann", registered=True)
        await node.journal.write(lambda c: session_statements.remove(c, first.session_id))
        await node.attendance.renew()
        assert voided(node) == [frozenset({first.session_id})]


async def test_many_are_renewed_in_pieces(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        for number in range(450):
            await node.join(f"user{number}")
        node.clock.now += 1000
        pieces = 0
        write = node.journal.write

        async def counted(change: Any) -> Any:
            nonlocal pieces
            pieces += 1
            return await write(change)

        node.journal.write = counted  # type: ignore[method-assign]
        await node.attendance.renew()
        assert pieces == 6  # three of players and three of sessions
        assert set((await seen(node))[0].values()) == {START + 1000}


async def test_after_an_outage_all_are_renewed(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        ann = await node.join("ann")
        node.attendance.leave(ann)
        node.clock.now += 1000
        write = node.journal.write

        async def fail(_: object) -> None:
            raise Unavailable("gone")

        node.journal.write = fail  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await node.attendance.renew()
        node.journal.write = write  # type: ignore[method-assign]
        await node.attendance.renew()
        assert (await seen(node))[0] == {ann.session_id: START + 1000}


async def test_a_failed_entry_counts_nothing(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        made = await node.accounts.login("ann", "")
        ann = await node.accounts.reconnect(made.token)  # of whom more is to be known
        assert ann is not None
        look = node.database.look

        async def fail(_: object) -> None:
            raise Unavailable("gone")

        node.database.look = fail  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await node.attendance.enter(ann)
        node.database.look = look  # type: ignore[method-assign]
        assert not node.hall.is_present(ann.player.id)
        node.clock.now += 1000
        await node.attendance.renew()
        assert (await seen(node))[0] == {ann.session_id: START}


async def test_who_is_connected_does_not_expire_and_others_do(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        guest = await node.join("guest")
        away = await node.accounts.login("away", "")
        account = await node.join("account", registered=True)
        old = await node.accounts.login("old", "secret")
        node.clock.now += 46 * DAY
        await node.sweeps.sweep()
        by_session, by_player = await seen(node)
        assert set(by_session) == {guest.session_id, account.session_id}
        assert set(by_player) == {guest.player.id, account.player.id}
        assert {away.session_id} in voided(node)
        assert old.session_id not in by_session
