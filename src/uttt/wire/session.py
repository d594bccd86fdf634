"""What a logged-in connection says and hears: one message in, the answers to its sender out.

What others are to hear of it goes over the bus, and reaches this connection, too, from there.
"""

from typing import assert_never

import structlog

from uttt.domain.commands import Abandon, Play
from uttt.domain.refusals import Code, Refused
from uttt.service.accounts import Login
from uttt.service.lobby import RequestRefused
from uttt.service.services import Services
from uttt.storage.failures import Unavailable
from uttt.wire import from_client
from uttt.wire.codec import Unreadable, decode, encode, encode_error
from uttt.wire.from_client import Cell, FromClient
from uttt.wire.to_client import (
    Answer,
    CancelMatchRequestResponse,
    FriendRequestResponse,
    MatchRequestResponse,
    UnfriendRequestResponse,
)
from uttt.wire.views import elo_update, friends_update, match_update

log = structlog.get_logger(__name__)
_COORDINATES: dict[int | str, int] = {0: 0, 1: 1, 2: 2, "0": 0, "1": 1, "2": 2}
_UNAVAILABLE = Refused(Code.UNAVAILABLE)
_UNREADABLE_REQUEST = Answer(success=False, msg="The request has a missing or wrong member.")


class Session:
    """The messages of one connection after its login, in the order in which they arrive."""

    def __init__(self, login: Login, services: Services) -> None:
        self._login = login
        self._player = login.player
        self._services = services

    async def greeting(self, *, after_login: bool) -> list[bytes]:
        """Return elo_update and friends_update (protocol 4.3). Raises Unavailable."""
        standing = await self._services.ladder.standing(self._player)
        messages = [encode(elo_update(standing))]
        if after_login or self._player.registered:
            messages.append(await self._friends())
        return messages

    def matches(self) -> dict[str, bytes]:
        """Return a match_update for each match of the player, by match id.

        Finished ones among them have been told now, and are not told again.
        """
        updates = {}
        for match in self._services.hall.of(self._player.id):
            message = match_update(match, self._services.clock(), self._services.lifetimes)
            updates[match.fixture.public_id] = encode(message)
            if match.outcome is not None:
                self._services.referee.note_told(match, self._player.id)
        return updates

    async def receive(self, raw: bytes | str) -> list[bytes]:
        """Do what a message asks for and return the answers to its sender."""
        try:
            message = decode(raw)
        except Unreadable as unreadable:
            return [_answer_unreadable(unreadable), *self._unchanged_if_move(unreadable)]
        try:
            return await self._handle(message)
        except Refused as refused:
            return [encode_error(refused, _type(message))]
        except Unavailable:
            return [encode_error(_UNAVAILABLE, _type(message))]

    def refuse(self, raw: bytes | str, refused: Refused) -> list[bytes]:
        """Return the answers to a message that is refused for its size or for coming too soon."""
        try:
            message = decode(raw)
        except Unreadable as unreadable:
            return [encode_error(refused, unreadable.type), *self._unchanged_if_move(unreadable)]
        unchanged = (
            self._unchanged(message.data.id) if isinstance(message, from_client.Move) else []
        )
        return [encode_error(refused, _type(message)), *unchanged]

    async def _handle(self, message: FromClient) -> list[bytes]:
        match message:
            case from_client.Move():
                return await self._move(message)
            case from_client.EndMatch():
                await self._services.referee.apply(message.data.id, Abandon(self._player.id))
                return []
            case from_client.MatchRequest():
                return await self._match_request(message)
            case from_client.CancelMatchRequest():
                return [self._cancel_match_request()]
            case from_client.MatchStatesRequest():
                return list(self.matches().values())
            case from_client.FriendRequest():
                return await self._friend_request(message)
            case from_client.UnfriendRequest():
                return await self._unfriend_request(message)
            case from_client.Logout():
                await self._services.accounts.logout(self._login)
                return []
            case from_client.Login() | from_client.TempSession() | from_client.Reconnect():
                raise Refused(Code.ALREADY_LOGGED_IN)
            case _:
                assert_never(message)

    async def _move(self, message: from_client.Move) -> list[bytes]:
        match_id = message.data.id
        try:
            command = Play(self._player.id, _move_number(message.data))
            await self._services.referee.apply(match_id, command)
        except Refused as refused:
            error = encode_error(refused, "move")
        except Unavailable:
            error = encode_error(_UNAVAILABLE, "move")
        else:
            return []
        return [error, *self._unchanged(match_id)]

    def _unchanged(self, match_id: str) -> list[bytes]:
        """Return the match as it stands, so that no board waits for an answer to a refused move."""
        services = self._services
        return [
            encode(match_update(match, services.clock(), services.lifetimes))
            for match in services.hall.of(self._player.id)
            if match.fixture.public_id == match_id
        ]

    def _unchanged_if_move(self, unreadable: Unreadable) -> list[bytes]:
        if unreadable.type != "move" or not isinstance(unreadable.data, dict):
            return []
        match_id = unreadable.data.get("id")
        return self._unchanged(match_id) if isinstance(match_id, str) else []

    async def _match_request(self, message: from_client.MatchRequest) -> list[bytes]:
        lobby, name = self._services.lobby, message.data.player
        try:
            if name is None:
                msg = await lobby.request_random(self._player)
            else:
                msg = await lobby.request_named(self._player, name)
        except RequestRefused as refused:
            answer = Answer(success=False, msg=refused.msg)
        except Unavailable:
            answer = Answer(success=False, msg=_UNAVAILABLE.msg)
        else:
            answer = Answer(success=True, msg=msg)
        return [encode(MatchRequestResponse(answer))]

    def _cancel_match_request(self) -> bytes:
        if self._services.lobby.leave(self._player.id):
            answer = Answer(success=True, msg="You have left the queue.")
        else:
            answer = Answer(success=False, msg="You are not in the queue.")
        return encode(CancelMatchRequestResponse(answer))

    async def _friend_request(self, message: from_client.FriendRequest) -> list[bytes]:
        try:
            success, msg = await self._services.friends.add(self._player, message.data.user)
        except Unavailable:
            success, msg = False, _UNAVAILABLE.msg
        response = encode(FriendRequestResponse(Answer(success, msg)))
        return [response, await self._friends()] if success else [response]

    async def _unfriend_request(self, message: from_client.UnfriendRequest) -> list[bytes]:
        try:
            success, msg = await self._services.friends.remove(self._player, message.data.user)
        except Unavailable:
            success, msg = False, _UNAVAILABLE.msg
        response = encode(UnfriendRequestResponse(Answer(success, msg)))
        return [response, await self._friends()] if success else [response]

    async def _friends(self) -> bytes:
        return encode(friends_update(await self._services.friends.of(self._player)))


def _type(message: FromClient) -> str:
    return str(message.__struct_config__.tag)


def _move_number(cell: Cell) -> int:
    """Return 9 * board + cell. Raises Refused(OUT_OF_RANGE)."""
    try:
        sub_x, sub_y = _COORDINATES[cell.sub_x], _COORDINATES[cell.sub_y]
        x, y = _COORDINATES[cell.x], _COORDINATES[cell.y]
    except KeyError:
        raise Refused(Code.OUT_OF_RANGE) from None
    return 27 * sub_y + 9 * sub_x + 3 * y + x


def _answer_unreadable(unreadable: Unreadable) -> bytes:
    """Answer a message that could not be decoded by its own response, if its type has one."""
    if unreadable.code is Code.INVALID_DATA:
        match unreadable.type:
            case "match_request":
                return encode(MatchRequestResponse(_UNREADABLE_REQUEST))
            case "friend_request":
                return encode(FriendRequestResponse(_UNREADABLE_REQUEST))
            case "unfriend_request":
                return encode(UnfriendRequestResponse(_UNREADABLE_REQUEST))
            case "login" | "reconnect" | "temp_session":
                return encode_error(Refused(Code.ALREADY_LOGGED_IN), unreadable.type)
            case _:
                pass
    return encode_error(unreadable, unreadable.type)
