"""What cannot be read or is not known, also as a first message (sections 2, 4, 13.7, 14.3)."""

import json

import pytest

from support import matches
from support.players import PASSWORD, Players
from support.shape import Data

NO_JSON = (
    *("", " ", "x", "{", "}", '{"type": "move"', "{'type': 'move', 'data': {}}", "\x00", "nul"),
    *('{"type": "move", "data": {}} {"type": "move", "data": {}}', '{"type": "move", "data": {},}'),
    *("[" * 10_000, '{"a":' * 10_000, '{"type": "move", "data": {"x": NaN}}', "\ufeff{}"),
)
NO_OBJECT = ("null", "true", "5", "1e400", '"text"', "[]", '["move", {}]', '[{"type": "move"}]')
NO_MESSAGE = (
    *("{}", '{"data": {}}', '{"type": "move"}', '{"type": "match_states_request"}'),
    *('{"type": "no_such_type"}', '{"Type": "move", "data": {}}', '{"typ": "move", "dat": 1}'),
)


def label(value: str | bytes) -> str:
    return repr(value[:30])


@pytest.mark.parametrize("text", [*NO_JSON, *NO_OBJECT, *NO_MESSAGE], ids=label)
async def test_malformed(players: Players, text: str) -> None:
    client = await players.guest()
    await client.send_raw(text)
    await client.expect_error("malformed")
    await client.quiet()


@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b'{"type": "\xff", "data": {}}', b"\x00" * 9], ids=label
)
async def test_binary_frames_that_hold_no_json(players: Players, text: bytes) -> None:
    client = await players.guest()
    await client.send_raw(text)
    await client.expect_error("malformed")
    await client.quiet()


@pytest.mark.parametrize("kind", [None, 5, True, [], {}, ["move"], 1.5], ids=repr)
async def test_types_that_are_no_strings(players: Players, kind: object) -> None:
    client = await players.guest()
    await client.send_raw(json.dumps({"type": kind, "data": {}}))
    error = await client.expect_error("malformed", "unknown_type", "invalid_data")
    assert error["request"] is None
    await client.quiet()


@pytest.mark.parametrize(
    "kind", ["", "Move", "move ", "login_response", "error", "é" * 20, "__class__", "elo_update"]
)
async def test_unknown_types(players: Players, kind: str) -> None:
    client = await players.guest()
    await client.send(kind)
    await client.expect_error("unknown_type", request=kind)
    await client.quiet()


async def test_very_long_types_are_not_repeated_in_full(players: Players) -> None:
    client = await players.guest()
    kind = "é" * 5_000
    await client.send(kind)
    error = await client.expect_error("unknown_type")
    assert len(error["request"] or "") <= 100
    assert kind.startswith(error["request"] or "")
    await client.quiet()


async def test_end_game_is_tolerated(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for data in ({}, {"id": match_id}):
        await ann.send("end_game", **data)
        assert {message["type"] for message in await ann.until_marker()} <= {"error"}
    await bob.quiet()
    await matches.play(ann, bob, match_id, matches.OPENING)


@pytest.mark.parametrize("data", ["null", "5", "[]", '"id"', "true"])
@pytest.mark.parametrize("kind", ["move", "end_match"])
async def test_data_that_is_no_object(players: Players, kind: str, data: str) -> None:
    client = await players.guest()
    await client.send_raw(f'{{"type": "{kind}", "data": {data}}}')
    await client.expect_error("invalid_data", request=kind)
    await client.quiet()


@pytest.mark.parametrize("data", ["null", "5", "[]", '"id"', "true", '{"player": "x"}'])
async def test_match_states_request_takes_any_data(players: Players, data: str) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await ann.send_raw(f'{{"type": "match_states_request", "data": {data}}}')
    await ann.expect_state(match_id)
    await ann.quiet()
    await bob.quiet()


@pytest.mark.parametrize("data", ["null", "5", "[]", '"id"', "{}"])
async def test_cancel_match_request_takes_any_data(players: Players, data: str) -> None:
    ann = await players.guest("ann")
    await ann.send_raw(f'{{"type": "cancel_match_request", "data": {data}}}')
    await ann.expect_refusal("cancel_match_request_response")
    await ann.quiet()


FIRST: tuple[tuple[str, dict[str, object]], ...] = (
    ("move", {"id": "x", "sub_x": 0, "sub_y": 0, "x": 0, "y": 0}),
    ("end_match", {"id": "x"}),
    ("match_request", {"player": None}),
    ("match_states_request", {}),
    ("friend_request", {"user": "bob"}),
    ("unfriend_request", {"user": "bob"}),
    ("cancel_match_request", {}),
    ("logout", {}),
    ("end_game", {}),
    ("no_such_type", {}),
    ("Login", {"name": "abc", "pw": ""}),
)


@pytest.mark.parametrize(("kind", "data"), FIRST, ids=[kind for kind, _ in FIRST])
async def test_first_message_of_another_type(players: Players, kind: str, data: Data) -> None:
    client = await players.connect()
    await client.send(kind, **data)
    await client.expect_error("not_logged_in", "unknown_type", request=kind)
    await client.expect_close()


@pytest.mark.parametrize("text", [*NO_JSON, *NO_OBJECT, "{}", '{"type": "login"}'], ids=label)
async def test_malformed_first_message(players: Players, text: str) -> None:
    client = await players.connect()
    await client.send_raw(text)
    await client.expect_error("malformed")
    await client.expect_close()


async def test_nothing_after_a_refused_first_message_has_an_effect(players: Players) -> None:
    ann = await players.guest("ann")
    client = await players.connect()
    await client.send("match_request", player=ann.name)
    await client.send("login", name="after-all", pw="")
    await client.expect_error("not_logged_in", request="match_request")
    await client.expect_close()
    await ann.quiet()
    await (await players.connect()).login("after-all", "")


@pytest.mark.parametrize("account", [True, False], ids=["account", "temporary"])
async def test_logging_in_twice_on_one_connection(players: Players, account: bool) -> None:
    client = await (players.account() if account else players.guest())
    other = await players.guest("other")
    for kind, data in (
        ("login", {"name": "somebody-new", "pw": ""}),
        ("login", {"name": client.name, "pw": PASSWORD}),
        ("login", {}),
        ("reconnect", {"id": other.session}),
        ("reconnect", {"id": client.session}),
        ("reconnect", {"id": "x"}),
        ("temp_session", {"name": "somebody-new"}),
    ):
        await client.send(kind, **data)
        await client.expect_error("already_logged_in", request=kind)
        await client.quiet()
    await matches.start(client, other)
    new = await players.connect()
    await new.login("somebody-new", "")
    await new.send("logout")
    await new.expect_close()


async def test_lone_surrogates_do_no_harm(players: Players) -> None:
    """JSON can spell text that has no UTF-8; whatever is answered, nothing may break."""
    client = await players.guest()
    for kind, member in (("match_request", "player"), ("friend_request", "user"), ("move", "id")):
        await client.send_raw(f'{{"type": "{kind}", "data": {{"{member}": "\\ud800"}}}}')
        message = await client.receive()
        assert message["type"] == "error" or message["data"]["success"] is False
    await client.quiet()
    stranger = await players.connect()
    await stranger.send_raw('{"type": "login", "data": {"name": "surrogate", "pw": "\\udfff"}}')
    message = await stranger.receive()
    assert message["type"] in {"error", "login_response"}


async def test_deep_nesting_does_no_harm(players: Players) -> None:
    client = await players.guest()
    for kind in ("match_states_request", "move", "no_such_type"):
        deep = "[" * 30_000 + "]" * 30_000
        await client.send_raw(f'{{"type": "{kind}", "data": {{"x": {deep}}}}}')
        assert {message["type"] for message in await client.until_marker()} <= {"error"}


async def test_repeated_members_do_no_harm(players: Players) -> None:
    client = await players.guest()
    await client.send_raw('{"type": "x", "type": "match_states_request", "data": 1, "data": {}}')
    assert {message["type"] for message in await client.until_marker()} <= {"error"}


async def test_errors_go_to_the_sender_only(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    second, _ = await players.again(ann, account=False)
    match_id = await matches.start(bob, ann)
    await second.expect_state(match_id)
    await ann.move(match_id, (0, 0, 0, 0))
    await ann.expect_error("not_your_turn")
    await ann.expect_state(match_id)
    await bob.quiet()
    await second.quiet()
