"""The first message of a connection, with real services: what is answered, what is made."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from node import Node, running_node
from uttt.storage.failures import Unavailable
from uttt.storage.tables import players
from uttt.wire.entrance import Admission, admit

ADDRESS = "192.0.2.1"


async def say(node: Node, kind: str, address: str = ADDRESS, **data: object) -> Admission:
    return await admit(json.dumps({"type": kind, "data": data}), address, node.services)


def answer(admission: Admission, kind: str) -> dict[str, Any]:
    message = json.loads(admission.answer)
    assert message["type"] == kind, message
    data: dict[str, Any] = message["data"]
    return data


async def names(node: Node) -> set[str]:
    return set(await node.database.read(lambda c: list(c.scalars(select(players.c.name)))))


async def test_registration_login_and_reconnection(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        made = await say(node, "login", name="Ann", pw="secret")
        data = answer(made, "login_response")
        assert (data["success"], data["registered"]) == (True, True)
        assert made.after_login
        assert made.login is not None
        assert data["id"] == made.login.token
        assert len(bytes.fromhex(data["id"])) == 32
        again = await say(node, "login", name="ANN", pw="secret")
        second = answer(again, "login_response")
        assert second["success"]
        assert second["id"] != data["id"]
        for session in (data["id"], second["id"]):
            back = await say(node, "reconnect", id=session)
            assert answer(back, "reconnect_response") == {
                "success": True, "id": session, "user": "ann", "registered": True, "msg": "",
            }  # fmt: skip
            assert not back.after_login
        assert await names(node) == {"ann"}


@pytest.mark.parametrize("kind", ["login", "temp_session"])
async def test_guests(tmp_path: Path, kind: str) -> None:
    async with running_node(tmp_path) as node:
        more = {"pw": ""} if kind == "login" else {}
        made = await say(node, kind, name="Ann", **more)
        data = answer(made, "login_response")
        assert (data["success"], data["registered"]) == (True, False)
        for attempt in (
            say(node, kind, name="ann", **more),
            say(node, "login", name="ann", pw="x"),
        ):
            refused = await attempt
            assert refused.login is None
            assert answer(refused, "login_response")["success"] is False


@pytest.mark.parametrize(
    ("raw", "kind", "registered"),
    [
        (b'{"type":"login","data":{"name":"ann"}}', "login_response", True),
        (b'{"type":"login","data":{"name":7,"pw":""}}', "login_response", True),
        (b'{"type":"login","data":{"name":"ann","pw":[]}}', "login_response", True),
        (b'{"type":"login","data":{"name":"ann","pw":null}}', "login_response", True),
        (b'{"type":"login","data":null}', "login_response", True),
        (b'{"type":"login","data":{"name":"a","pw":""}}', "login_response", False),
        (b'{"type":"login","data":{"name":"ann\\n","pw":"x"}}', "login_response", True),
        (
            b'{"type":"login","data":{"name":"ann","pw":"%s"}}' % (b"x" * 129),
            "login_response",
            True,
        ),
        (b'{"type":"temp_session","data":{}}', "login_response", False),
        (b'{"type":"temp_session","data":{"name":" ann"}}', "login_response", False),
        (b'{"type":"reconnect","data":{}}', "reconnect_response", False),
        (b'{"type":"reconnect","data":{"id":7}}', "reconnect_response", False),
        (b'{"type":"reconnect","data":{"id":""}}', "reconnect_response", False),
        (b'{"type":"reconnect","data":{"id":"\\u0000"}}', "reconnect_response", False),
        ('{"type":"reconnect","data":{"id":"ä𝄞"}}'.encode(), "reconnect_response", False),
        (b'{"type":"reconnect","data":{"id":"%s"}}' % (b"f" * 60_000), "reconnect_response", False),
    ],
)
async def test_refused_by_the_response_of_its_type(
    tmp_path: Path, raw: bytes, kind: str, registered: bool
) -> None:
    async with running_node(tmp_path) as node:
        refused = await admit(raw, ADDRESS, node.services)
        assert refused.login is None
        data = answer(refused, kind)
        assert (data["success"], data["id"], data["registered"]) == (False, None, registered)
        assert data["msg"]
        assert await names(node) == set()


@pytest.mark.parametrize(
    ("raw", "code", "request_type"),
    [
        (b"", "malformed", None),
        (b"[]", "malformed", None),
        (b'{"type":"login"}', "malformed", None),
        (b'{"type":"reconnect","data":{"id":"\\ud800"}}', "malformed", None),
        (b'{"type":"nonsense","data":{}}', "not_logged_in", "nonsense"),
        (b'{"type":"match_states_request","data":{}}', "not_logged_in", "match_states_request"),
        (b'{"type":"logout","data":{}}', "not_logged_in", "logout"),
        (b'{"type":"move","data":{}}', "not_logged_in", "move"),
    ],
)
async def test_what_is_no_first_message(
    tmp_path: Path, raw: bytes, code: str, request_type: str | None
) -> None:
    async with running_node(tmp_path) as node:
        refused = await admit(raw, ADDRESS, node.services)
        assert refused.login is None
        data = answer(refused, "error")
        assert (data["code"], data["request"]) == (code, request_type)


async def test_an_outage_is_a_failed_response(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:

        async def fail(_: object) -> None:
            raise Unavailable("gone")

        journal, database = node.journal, node.database
        as_ever = journal.write, journal.admit, database.read
        journal.write = journal.admit = fail  # type: ignore[method-assign,assignment]
        database.read = fail  # type: ignore[method-assign]
        for kind, data, response in (
            ("login", {"name": "ann", "pw": "secret"}, "login_response"),
            ("login", {"name": "ann", "pw": ""}, "login_response"),
            ("temp_session", {"name": "ann"}, "login_response"),
            ("reconnect", {"id": "0" * 64}, "reconnect_response"),
        ):
            refused = await say(node, kind, **data)
            assert refused.login is None
            assert answer(refused, response)["success"] is False
        journal.write, journal.admit, database.read = as_ever  # type: ignore[method-assign]
        assert (await say(node, "login", name="ann", pw="secret")).login is not None


async def test_attempts_of_one_address_are_limited(tmp_path: Path) -> None:
    async with running_node(tmp_path, logins_per_address=3) as node:
        for number in range(3):
            assert (await say(node, "login", name=f"user{number}", pw="")).login
        for kind, data, response in (
            ("login", {"name": "user9", "pw": ""}, "login_response"),
            ("temp_session", {"name": "user9"}, "login_response"),
            ("reconnect", {"id": "0"}, "reconnect_response"),
        ):
            assert answer(await say(node, kind, **data), response)["success"] is False
        assert (await say(node, "login", "192.0.2.2", name="user9", pw="")).login
        node.clock.now += 20_000
        assert (await say(node, "login", name="user8", pw="")).login


async def test_wrong_passwords_of_one_name_are_limited_and_right_ones_cost_nothing(
    tmp_path: Path,
) -> None:
    async with running_node(tmp_path, logins_per_name=3) as node:
        for _ in range(10):
            assert (await say(node, "login", name="ann", pw="secret")).login
        for number in range(3):
            assert (await say(node, "login", name="ANN", pw=f"guess {number}")).login is None
        checked = len(node.passwords.checked)
        assert (await say(node, "login", name="ann", pw="secret")).login is None
        assert len(node.passwords.checked) == checked
        assert (await say(node, "login", name="bob", pw="secret")).login


async def test_guesses_at_the_same_moment_are_limited_like_others(tmp_path: Path) -> None:
    """Each is counted before it is checked, not after: else a hundred connections try a hundred."""
    async with running_node(tmp_path, logins_per_name=3) as node:
        await say(node, "login", name="ann", pw="secret")
        node.passwords.checked.clear()
        guesses = [say(node, "login", name="ann", pw=f"guess {n}") for n in range(40)]
        admissions = await asyncio.gather(*guesses)
        assert all(admission.login is None for admission in admissions)
        assert len(node.passwords.checked) <= 3


async def test_a_name_that_is_registered_at_the_same_moment(tmp_path: Path) -> None:
    """One registers, the others log in if they know his password."""
    async with running_node(tmp_path) as node:
        same = await asyncio.gather(
            *(say(node, "login", name="ann", pw="secret") for _ in range(5))
        )
        assert all(admission.login is not None for admission in same)
        other = await asyncio.gather(
            *(say(node, "login", name="bob", pw=f"secret {n}") for n in range(5))
        )
        assert sum(admission.login is not None for admission in other) == 1
        count = await node.database.read(
            lambda c: c.scalar(select(func.count()).select_from(players))
        )
        assert count == 2


async def test_no_token_is_in_the_database_or_in_a_log(tmp_path: Path) -> None:
    async with running_node(tmp_path) as node:
        admission = await say(node, "login", name="ann", pw="pa55w0rd")
        assert admission.login is not None
        assert admission.login.token not in repr(admission.login)
        token = admission.login.token
    stored = (tmp_path / "uttt.db").read_bytes()
    assert b"ann" in stored
    assert token.encode() not in stored
    assert bytes.fromhex(token) not in stored
