"""Who may do what: every message type from every kind of sender, each cell of the table asserted.

The match is between two accounts, both have moved, and `player` is on turn. After each cell the
match must stand as before, unless the outcome says otherwise.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from support import matches
from support.client import Client
from support.players import Players, unique
from support.shape import Data

SENDERS = ("stranger", "guest", "account", "opponent", "player")

NOBODY = "not_logged_in"
TWICE = ("logged_in", *["already_logged_in"] * 4)
TABLE: dict[str, tuple[str, ...]] = {
    # message: stranger, guest, account, opponent off turn, player on turn
    "login": TWICE,
    "reconnect": TWICE,
    "temp_session": TWICE,
    "match_request to a user": (NOBODY, *["match_made"] * 4),
    "match_request to anybody": (NOBODY, *["waiting"] * 4),
    "cancel_match_request": (NOBODY, *["refused"] * 4),
    "move": (NOBODY, "not_your_match", "not_your_match", "not_your_turn", "moved"),
    "end_match": (NOBODY, "not_your_match", "not_your_match", "ended", "ended"),
    "match_states_request": (NOBODY, "nothing", "nothing", "match_listed", "match_listed"),
    "friend_request": (NOBODY, "refused", *["friend_added"] * 3),
    "unfriend_request": (NOBODY, *["refused"] * 4),
    "bots_request": (NOBODY, *["bots_listed"] * 4),
    "analysis_request": (NOBODY, *["still_running"] * 4),
    "logout": (NOBODY, *["logged_out"] * 4),
    "end_game": (NOBODY, *["tolerated"] * 4),
    "no_such_type": (NOBODY, *["unknown_type"] * 4),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One message of one sender, and all who could notice it."""

    kind: str
    sender: Client
    player: Client
    opponent: Client
    third: Client
    match_id: str

    @property
    def other(self) -> Client:
        """The player of the match who is not the sender."""
        return self.opponent if self.sender is self.player else self.player

    @property
    def answer(self) -> str:
        return f"{self.kind}_response"


async def logged_in(cell: Cell) -> None:
    reconnect = cell.kind == "reconnect"
    await cell.sender.greeting(
        "reconnect_response" if reconnect else "login_response", friends=not reconnect
    )


async def match_made(cell: Cell) -> None:
    update = await cell.sender.expect("match_update")
    await cell.sender.expect_success(cell.answer)
    matches.same_content(update, await cell.third.expect("match_update"))
    await cell.sender.send("end_match", id=update["id"])
    await matches.both_get_state(cell.sender, cell.third, update["id"])


async def waiting(cell: Cell) -> None:
    await cell.sender.expect_success(cell.answer)
    await cell.sender.quiet()
    await cell.sender.send("cancel_match_request")
    await cell.sender.expect_success("cancel_match_request_response")


async def refused(cell: Cell) -> None:
    await cell.sender.expect_refusal(cell.answer)


async def still_running(cell: Cell) -> None:
    refusal = await cell.sender.expect_refusal(cell.answer)
    assert (refusal["code"], refusal["match_id"]) == ("match_running", cell.match_id)


async def not_your_turn(cell: Cell) -> None:
    await cell.sender.expect_error("not_your_turn", request=cell.kind)
    assert (await cell.sender.expect_state(cell.match_id))["moves"] == 2


async def moved(cell: Cell) -> None:
    update = await matches.both_get_state(cell.sender, cell.other, cell.match_id)
    assert update["moves"] == 3


async def ended(cell: Cell) -> None:
    await cell.sender.expect("elo_update")
    await cell.other.expect("elo_update")
    await matches.both_get_state(cell.sender, cell.other, cell.match_id)


async def nothing(cell: Cell) -> None:
    await cell.sender.quiet()


async def match_listed(cell: Cell) -> None:
    assert (await cell.sender.expect_state(cell.match_id))["moves"] == 2


async def friend_added(cell: Cell) -> None:
    await cell.sender.expect_success(cell.answer)
    friends = (await cell.sender.expect("friends_update"))["friends"]
    assert len(friends) == 1
    await cell.sender.send("unfriend_request", user=friends[0])
    await cell.sender.expect_success("unfriend_request_response")
    assert (await cell.sender.expect("friends_update"))["friends"] == []


async def bots_listed(cell: Cell) -> None:
    assert (await cell.sender.expect("bots"))["bots"]


async def logged_out(cell: Cell) -> None:
    await cell.sender.expect_close()


async def tolerated(cell: Cell) -> None:
    assert {message["type"] for message in await cell.sender.until_marker()} <= {"error"}


async def not_logged_in(cell: Cell) -> None:
    await cell.sender.expect_error("not_logged_in", "unknown_type", request=cell.kind)
    await cell.sender.expect_close()


def error(code: str) -> Callable[[Cell], Awaitable[None]]:
    async def expected(cell: Cell) -> None:
        await cell.sender.expect_error(code, request=cell.kind)

    return expected


OUTCOMES: dict[str, Callable[[Cell], Awaitable[None]]] = {
    **{code: error(code) for code in ("already_logged_in", "not_your_match", "unknown_type")},
    **{
        outcome.__name__: outcome
        for outcome in (
            *(logged_in, match_made, waiting, refused, not_your_turn, moved, ended, nothing),
            *(match_listed, friend_added, bots_listed, logged_out, tolerated, not_logged_in),
            still_running,
        )
    },
}


class Cast:
    """The accounts of the table; they come back by their sessions, for a password is slow."""

    def __init__(self) -> None:
        self.sessions: dict[str, str] = {}

    async def enter(self, players: Players, role: str) -> Client:
        if role == "stranger":
            return await players.connect()
        if role == "guest":
            return await players.guest()
        if role not in self.sessions:
            client = await players.account(role)
            self.sessions[role] = client.session
            return client
        client = await players.connect()
        greeting = await client.reconnect(self.sessions[role], account=True)
        assert greeting.matches == []
        return client


@pytest.fixture(scope="module")
def cast() -> Cast:
    return Cast()


def data_of(message: str, friend: Client, third: Client, match_id: str) -> Data:
    """What makes the message complete; the id of the match goes with those that need nothing."""
    known: dict[str, Data] = {
        "login": {"name": unique("new"), "pw": ""},
        "temp_session": {"name": unique("new")},
        "reconnect": {"id": third.session},
        "match_request to a user": {"player": third.name},
        "match_request to anybody": {"player": None},
        "friend_request": {"user": friend.name},
        "unfriend_request": {"user": friend.name},
        "analysis_request": {"match_id": match_id},
        "move": {"id": match_id, "sub_x": "1", "sub_y": "1", "x": "2", "y": "2"},
    }
    return known.get(message, {"id": match_id})


CELLS = [
    pytest.param(message, role, outcome, id=f"{message} by {role}: {outcome}")
    for message, outcomes in TABLE.items()
    for role, outcome in zip(SENDERS, outcomes, strict=True)
]


@pytest.mark.parametrize(("message", "role", "outcome"), CELLS)
async def test_cell(players: Players, cast: Cast, message: str, role: str, outcome: str) -> None:
    player, opponent = await cast.enter(players, "player"), await cast.enter(players, "opponent")
    friend, third = await cast.enter(players, "friend"), await players.guest("third")
    match_id = await matches.start(player, opponent)
    await matches.play(player, opponent, match_id, matches.OPENING)
    both = {"player": player, "opponent": opponent}
    sender = both.get(role) or await cast.enter(players, role)
    cell = Cell(message.split(maxsplit=1)[0], sender, player, opponent, third, match_id)
    await sender.send(cell.kind, **data_of(message, friend, third, match_id))
    await OUTCOMES[outcome](cell)
    if outcome == "logged_out":
        cast.sessions.pop(role, None)
    left = {"moved": [3], "ended": []}.get(outcome, [2])
    for client in both.values():
        if client is not sender:
            await client.quiet()
        if client is not sender or outcome != "logged_out":
            assert [match["moves"] for match in await client.states()] == left
    await third.quiet()
    await friend.quiet()
    if left:
        await close(opponent if sender is player else player, match_id)


async def close(client: Client, match_id: str) -> None:
    """Leave no match to the next cell."""
    await client.send("end_match", id=match_id)
    await client.expect("elo_update")
    await client.expect_state(match_id)


def test_every_cell_has_its_outcome() -> None:
    assert {outcome for row in TABLE.values() for outcome in row} == set(OUTCOMES)
    assert {len(row) for row in TABLE.values()} == {len(SENDERS)}
