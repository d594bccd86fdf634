"""What a logged-in connection says and hears, with real services on a file."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from docs.examples import FROM_CLIENT

from node import Node, running_node
from support import games
from uttt.bus.notices import FriendsChanged, MatchChanged, Notice, SessionsVoided
from uttt.domain.commands import Play
from uttt.domain.refusals import Code
from uttt.engine import LEVELS
from uttt.service.accounts import Login
from uttt.storage.failures import Unavailable
from uttt.wire.codec import encode
from uttt.wire.session import Session
from uttt.wire.views import friends_update

RESPONSES = {
    "match_request": "match_request_response",
    "cancel_match_request": "cancel_match_request_response",
    "friend_request": "friend_request_response",
    "unfriend_request": "unfriend_request_response",
    "analysis_request": "analysis_request_response",
}


class Speaker:
    """A session and its player."""

    def __init__(self, node: Node, login: Login) -> None:
        self.player = login.player
        self.answers: list[bytes] = []
        self.session = Session(login, "192.0.2.1", node.services, self.answers.append)
        node.bus.subscribe(self.hear)

    def hear(self, notice: Notice) -> None:
        """Of the notices only those that a request of one's own brings about are looked at here."""
        if isinstance(notice, FriendsChanged) and notice.player_id == self.player.id:
            self.answers.append(encode(friends_update(notice.friends)))

    async def raw(self, raw: bytes) -> list[tuple[str, dict[str, Any]]]:
        self.answers.clear()
        await self.session.receive(raw)
        messages = [json.loads(answer) for answer in self.answers]
        return [(message["type"], message["data"]) for message in messages]

    async def say(self, kind: str, data: object) -> list[tuple[str, dict[str, Any]]]:
        return await self.raw(message(kind, data))


def message(kind: str, data: object) -> bytes:
    return json.dumps({"type": kind, "data": data}).encode()


@asynccontextmanager
async def sessions(
    tmp_path: Path, *names: str, registered: bool = True
) -> AsyncIterator[tuple[Any, ...]]:
    async with running_node(tmp_path) as node:
        yield node, *[Speaker(node, await node.join(n, registered=registered)) for n in names]


def cell(match_id: str, sub_x: object, sub_y: object, x: object, y: object) -> dict[str, object]:
    return {"id": match_id, "sub_x": sub_x, "sub_y": sub_y, "x": x, "y": y}


async def test_greeting(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann") as (node, ann):
        kinds = [json.loads(m)["type"] for m in await ann.session.greeting(after_login=True)]
        assert kinds == ["elo_update", "friends_update"]
        guest = Speaker(node, await node.join("guest"))
        for after_login, expected in (
            (True, ["elo_update", "friends_update"]),
            (False, ["elo_update"]),
        ):
            messages = await guest.session.greeting(after_login=after_login)
            assert [json.loads(message)["type"] for message in messages] == expected


@pytest.mark.parametrize("value", [2, "2"])
async def test_a_move_is_told_by_the_bus_and_not_answered(tmp_path: Path, value: object) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")
        node.heard.clear()
        assert await ann.say("move", cell("m", value, "0", "1", value)) == []
        (notice,) = node.heard
        assert isinstance(notice, MatchChanged)
        assert notice.match.position.last == 9 * 2 + 3 * 2 + 1


async def test_only_a_move_that_can_be_made_is_begun_without_a_task(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")
        settled: asyncio.Queue[Exception | None] = asyncio.Queue()
        begin, move = ann.session.begin, cell("m", 1, "1", "1", 1)
        for data in ({**move, "x": 3}, {**move, "x": None}, {**move, "id": "n"}):
            assert not begin(message("move", data), settled.put_nowait)
        for kind in sorted(set(FROM_CLIENT) - {"move"}):
            assert not begin(message(kind, FROM_CLIENT[kind]), settled.put_nowait)
        for raw in (b"", b"{", b'{"type":"move"}', b'{"type":"unheard_of","data":{}}', b"\xff"):
            assert not begin(raw, settled.put_nowait)
        assert not bob.session.begin(message("move", move), settled.put_nowait)
        node.heard.clear()
        assert begin(message("move", move), settled.put_nowait)
        assert await settled.get() is None
        (notice,) = node.heard
        assert isinstance(notice, MatchChanged)
        assert notice.match.position.last == 40
        assert (ann.answers, bob.answers, settled.empty()) == ([], [], True)


@pytest.mark.parametrize("value", [3, "3", -1, "-1", "", " 1", "1 ", "01", "+1", "x", "٣", 10**30])
@pytest.mark.parametrize("member", ["sub_x", "sub_y", "x", "y"])
async def test_coordinates_out_of_range(tmp_path: Path, member: str, value: object) -> None:
    async with sessions(tmp_path, "ann", "bob", registered=False) as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")
        data = {**cell("m", 1, 1, 1, 1), member: value}
        (kind, error), (update, match) = await ann.say("move", data)
        assert (kind, error["code"], error["request"]) == ("error", "out_of_range", "move")
        assert (update, match["id"], match["moves"]) == ("match_update", "m", 0)


@pytest.mark.parametrize("value", [True, None, 1.5, [], {}, [1]])
async def test_a_move_that_cannot_be_read_gets_its_board_back(
    tmp_path: Path, value: object
) -> None:
    async with sessions(tmp_path, "ann", "bob", registered=False) as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")
        answers = await ann.say("move", cell("m", 1, 1, 1, value))
        assert [kind for kind, _ in answers] == ["error", "match_update"]
        assert answers[0][1]["code"] == "invalid_data"
        answers = await ann.say("move", {"id": value})
        assert [data["code"] for _, data in answers] == ["invalid_data"]


async def test_the_board_of_others_is_shown_to_nobody(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob", "eve") as (node, ann, bob, eve):
        await node.match(ann.player, bob.player, public_id="m")
        for data in (cell("m", 1, 1, 1, 1), cell("m", 1, 1, 1, None), cell("m", 9, 9, 9, 9)):
            answers = await eve.say("move", data)
            assert [kind for kind, _ in answers] == ["error"]
        ((_, error),) = await eve.say("end_match", {"id": "m"})
        assert error["code"] == "not_your_match"
        assert (await node.hall.find("m")).next_ply == 0


@pytest.mark.parametrize("match_id", ["", "nobody's", "\0", "x" * 60_000, "ä𝄞", "' OR 1=1"])
@pytest.mark.parametrize("kind", ["move", "end_match"])
async def test_unknown_matches(tmp_path: Path, kind: str, match_id: str) -> None:
    async with sessions(tmp_path, "ann", registered=False) as (_, ann):
        ((answer, error),) = await ann.say(kind, cell(match_id, 1, 1, 1, 1))
        assert (answer, error["code"], error["request"]) == ("error", "unknown_match", kind)


async def test_a_refused_end_is_answered_by_an_error(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")
        assert await ann.say("end_match", {"id": "m"}) == []
        ((_, error),) = await bob.say("end_match", {"id": "m"})
        assert error["code"] == "match_over"


@pytest.mark.parametrize("kind", ["login", "reconnect", "temp_session"])
@pytest.mark.parametrize("readable", [True, False])
async def test_who_is_logged_in_cannot_log_in(tmp_path: Path, kind: str, readable: bool) -> None:
    async with sessions(tmp_path, "ann", registered=False) as (_, ann):
        ((answer, error),) = await ann.say(kind, FROM_CLIENT[kind] if readable else [])
        assert (answer, error["code"], error["request"]) == ("error", "already_logged_in", kind)


@pytest.mark.parametrize("kind", ["match_request", "friend_request", "unfriend_request"])
@pytest.mark.parametrize(
    "data", [None, [], {}, {"player": 7, "user": 7}, {"player": [], "user": []}]
)
async def test_requests_that_cannot_be_read_get_their_response(
    tmp_path: Path, kind: str, data: object
) -> None:
    async with sessions(tmp_path, "ann", registered=False) as (_, ann):
        ((answer, response),) = await ann.say(kind, data)
        assert (answer, response["success"]) == (RESPONSES[kind], False)
        assert response["msg"]


@pytest.mark.parametrize(
    ("raw", "code", "request_type"),
    [
        (b"", "malformed", None),
        (b"{}", "malformed", None),
        (b'{"type":"move"}', "malformed", None),
        (b'{"type":"end_game","data":{}}', "unknown_type", "end_game"),
        (b'{"type":"end_match","data":{}}', "invalid_data", "end_match"),
    ],
)
async def test_what_cannot_be_read(
    tmp_path: Path, raw: bytes, code: str, request_type: str | None
) -> None:
    async with sessions(tmp_path, "ann", registered=False) as (_, ann):
        ((answer, error),) = await ann.raw(raw)
        assert (answer, error["code"], error["request"]) == ("error", code, request_type)
        assert await ann.say("match_states_request", {}) == []


async def test_match_states_are_told_once_when_over(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        match = await node.match(ann.player, bob.player, public_id="m")
        node.hall.leave(bob.player.id)
        for ply, (sub_x, sub_y, x, y) in enumerate(games.WON_BY_A):
            player = match.fixture.players[ply % 2]
            move = 27 * sub_y + 9 * sub_x + 3 * y + x
            await node.referee.apply("m", Play(player.id, move))
        assert await ann.say("match_states_request", {}) == []
        await node.hall.enter(bob.player.id)
        ((kind, data),) = await bob.say("match_states_request", None)
        assert (kind, data["result"]) == ("match_update", "won")
        assert await bob.say("match_states_request", {}) == []


async def test_friends(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, _bob):
        await node.join("guest")
        for name, success in (
            ("Bob", True), ("bob", False), ("ann", False), ("guest", False), ("nobody", False),
            ("x", False),
        ):  # fmt: skip
            answers = await ann.say("friend_request", {"user": name})
            assert answers[0][1]["success"] is success, name
            if success:
                assert answers[1] == ("friends_update", {"friends": ["bob"], "elos": [1000]})
            assert len(answers) == 1 + success
        answers = await ann.say("unfriend_request", {"user": "BOB"})
        assert answers[1] == ("friends_update", {"friends": [], "elos": []})
        ((_, response),) = await ann.say("unfriend_request", {"user": "bob"})
        assert response["success"] is False


async def test_bots_are_listed(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann") as (node, ann):
        assert await ann.say("bots_request", None) == [("bots", {"bots": [], "rated": False})]
        await node.roster.admit()
        ((kind, data),) = await ann.say("bots_request", {})
        assert kind == "bots"
        assert [bot["name"] for bot in data["bots"]] == [level.name for level in LEVELS]


async def test_who_wants_an_offer_says_so(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        for who, wanted in ((ann, True), (bob, False)):
            await ann.say("cancel_match_request", {})
            await who.say("match_request", {"player": None, "bot_offer": wanted})
            (seeker,) = node.lobby.waiting_since(node.clock())
            assert (seeker.player, seeker.wants_offer) == (who.player, wanted)


async def test_logout_voids_the_session(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        login = await node.join("ann", registered=True)
        other = await node.join("ann", registered=True)
        assert await Speaker(node, login).say("logout", {}) == []
        assert [n for n in node.heard if isinstance(n, SessionsVoided)] == [
            SessionsVoided(frozenset({login.session_id}))
        ]
        assert await node.accounts.reconnect(login.token) is None
        assert await node.accounts.reconnect(other.token) is not None


@pytest.mark.parametrize("kind", sorted(set(FROM_CLIENT) - {"login", "reconnect", "temp_session"}))
async def test_an_outage_is_said_and_changes_nothing(tmp_path: Path, kind: str) -> None:
    """Each type gets its own response with success false, or the error unavailable."""
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")

        async def fail(*_: object, **__: object) -> None:
            raise Unavailable("gone")

        node.journal.write = node.journal.append = node.journal.open = fail
        node.database.read = node.database.look = fail
        known = {"id": "m", "player": "bob"}
        data = {member: known.get(member, value) for member, value in FROM_CLIENT[kind].items()}
        answers = await ann.say(kind, data)
        if kind == "match_states_request":
            assert [answer for answer, _ in answers] == ["match_update"]
        elif kind == "bots_request":
            assert [answer for answer, _ in answers] == ["bots"]
        elif kind in RESPONSES:
            assert [(a, d["success"]) for a, d in answers] == [(RESPONSES[kind], False)]
        else:
            assert answers[0][0] == "error"
            assert (answers[0][1]["code"], answers[0][1]["request"]) == ("unavailable", kind)
            assert [answer for answer, _ in answers[1:]] == ["match_update"] * (kind == "move")
        assert (node.hall.of(ann.player.id)[0].next_ply, len(node.heard)) == (0, 0)


async def test_a_friend_list_that_cannot_be_read_after_it_was_changed(tmp_path: Path) -> None:
    """The change is committed: success must not be followed, or replaced, by an error."""
    async with sessions(tmp_path, "ann", "bob") as (node, ann, _bob):

        async def fail(*_: object, **__: object) -> None:
            raise Unavailable("gone")

        node.database.look = fail
        answers = await ann.say("friend_request", {"user": "bob"})
        assert answers[0][0] == "friend_request_response"
        assert answers[0][1]["success"] is True


async def test_every_refusal_of_a_move_has_a_code_of_the_protocol(tmp_path: Path) -> None:
    async with sessions(tmp_path, "ann", "bob") as (node, ann, bob):
        await node.match(ann.player, bob.player, public_id="m")
        await ann.say("move", cell("m", 1, 1, 1, 1))
        codes = []
        for speaker, target in (
            (ann, (1, 1, 0, 0)), (bob, (1, 1, 1, 1)), (bob, (0, 0, 0, 0)), (bob, (7, 0, 0, 0)),
        ):  # fmt: skip
            (_, error), (update, _) = await speaker.say("move", cell("m", *target))
            assert update == "match_update"
            codes.append(Code(error["code"]))
        assert codes == [
            Code.NOT_YOUR_TURN, Code.CELL_TAKEN, Code.WRONG_BOARD, Code.OUT_OF_RANGE,
        ]  # fmt: skip
