"""What a logged-in connection says: one message in, the answers to its sender out, in order.

What others are to hear of it goes over the bus, and reaches this connection, too, from there.
"""

from collections.abc import Callable
from typing import assert_never

import structlog

from uttt.domain.commands import Abandon, Play
from uttt.domain.refusals import Code, Refused
from uttt.service.accounts import Login
from uttt.service.analyst import Asker, Report
from uttt.service.lanes import Settle
from uttt.service.lobby import RequestRefused
from uttt.service.services import Services
from uttt.storage.failures import Unavailable
from uttt.wire import from_client
from uttt.wire.analysis import AnalysisAnswer, ProgressData, analysis_data
from uttt.wire.codec import Unreadable, decode, encode, encode_error
from uttt.wire.from_client import Cell, FirstMessage, FromClient, Request
from uttt.wire.match_text import encode_match
from uttt.wire.to_client import (
    Analysis,
    AnalysisProgress,
    AnalysisRequestResponse,
    Answer,
    CancelMatchRequestResponse,
    FriendRequestResponse,
    MatchRequestResponse,
    UnfriendRequestResponse,
)
from uttt.wire.views import bots, elo_update, friends_update

log = structlog.get_logger(__name__)
_COORDINATES: dict[int | str, int] = {0: 0, 1: 1, 2: 2, "0": 0, "1": 1, "2": 2}
_UNAVAILABLE = Refused(Code.UNAVAILABLE)
_UNREADABLE_REQUEST = Answer(success=False, msg="The request has a missing or wrong member.")


class Session:
    """The messages of one connection after its login, in the order in which they arrive."""

    def __init__(
        self, login: Login, address: str, services: Services, answer: Callable[[bytes], None]
    ) -> None:
        self._login = login
        self._player = login.player
        self._asker = Asker(address, login.player)
        self._services = services
        self._answer = answer

    async def greeting(self, *, after_login: bool) -> list[bytes]:
        """Return elo_update and friends_update (protocol 4.3). Raises Unavailable."""
        standing = await self._services.ladder.standing(self._player)
        messages = [encode(elo_update(standing))]
        if after_login or self._player.registered:
            friends = await self._services.friends.of(self._player)
            messages.append(encode(friends_update(friends)))
        return messages

    def matches(self) -> dict[str, bytes]:
        """Return a match_update for each match of the player, by match id.

        Finished ones among them have been told now, and are not told again.
        """
        updates = {}
        for match in self._services.hall.of(self._player.id):
            message = encode_match(match, self._services.clock(), self._services.lifetimes)
            updates[match.fixture.public_id] = message
            if match.outcome is not None:
                self._services.referee.note_told(match, self._player.id)
        return updates

    def begin(self, raw: bytes, settle: Settle) -> bool:
        """Begin to do what a message asks for, if it is a move of the usual kind, for which nobody
        need wait. Return whether; if not then nothing was done, and it is for `receive`.

        `settle` is called as `Referee.begin` has it.
        """
        try:
            message = decode(raw)
            if not isinstance(message, from_client.Move):
                return False
            command = Play(self._player.id, _move_number(message.data))
        except Refused:
            return False
        return self._services.referee.begin(message.data.id, command, settle)

    async def receive(self, raw: bytes | str) -> None:
        """Do what a message asks for and answer its sender."""
        try:
            message = decode(raw)
        except Unreadable as unreadable:
            self._answer(_answer_to(unreadable))
            self._repeat_match_of(unreadable)
            return
        try:
            if isinstance(message, from_client.Move):
                command = Play(self._player.id, _move_number(message.data))
                await self._services.referee.apply(message.data.id, command)
            else:
                await self._handle(message)
        except Refused as refused:
            self._refuse(message, refused)
        except Unavailable:
            self._refuse(message, _UNAVAILABLE)

    def refuse(self, raw: bytes | str, refused: Refused) -> None:
        """Answer a message that is refused for its size or for coming too soon."""
        try:
            message = decode(raw)
        except Unreadable as unreadable:
            self._answer(encode_error(refused, unreadable.type))
            self._repeat_match_of(unreadable)
            return
        self._refuse(message, refused)

    def _refuse(self, message: FromClient, refused: Refused) -> None:
        """Answer a message that was understood but not done."""
        self._answer(encode_error(refused, _type(message)))
        if isinstance(message, from_client.Move):
            self._repeat_match(message.data.id)

    async def _handle(self, message: FirstMessage | Request) -> None:
        match message:
            case from_client.EndMatch():
                await self._services.referee.apply(message.data.id, Abandon(self._player.id))
            case from_client.MatchRequest():
                await self._match_request(message)
            case from_client.CancelMatchRequest():
                await self._cancel_match_request()
            case from_client.MatchStatesRequest():
                for update in self.matches().values():
                    self._answer(update)
            case from_client.FriendRequest() | from_client.UnfriendRequest():
                await self._change_friends(message)
            case from_client.BotsRequest():
                roster = self._services.roster
                levels = [bot.level for bot in roster]
                self._answer(encode(bots(levels, rated=roster.rated)))
            case from_client.AnalysisRequest():
                await self._analysis_request(message.data.match_id)
            case from_client.Logout():
                await self._services.accounts.logout(self._login)
            case from_client.Login() | from_client.TempSession() | from_client.Reconnect():
                raise Refused(Code.ALREADY_LOGGED_IN)
            case _:
                assert_never(message)

    def _repeat_match(self, match_id: str) -> None:
        """Show a match as it stands, so that no board waits for an answer to a refused move."""
        services = self._services
        for match in services.hall.of(self._player.id):
            if match.fixture.public_id == match_id:
                self._answer(encode_match(match, services.clock(), services.lifetimes))

    def _repeat_match_of(self, unreadable: Unreadable) -> None:
        if unreadable.type == "move" and isinstance(unreadable.data, dict):
            self._repeat_match(unreadable.data.get("id", ""))

    async def _match_request(self, message: from_client.MatchRequest) -> None:
        lobby, name = self._services.lobby, message.data.player
        try:
            if name is None:
                wants_offer = message.data.bot_offer
                msg = await lobby.request_random(self._player, wants_offer=wants_offer)
            else:
                msg = await lobby.request_named(self._player, name)
        except RequestRefused as refused:
            answer = Answer(success=False, msg=refused.msg)
        except Unavailable:
            answer = Answer(success=False, msg=_UNAVAILABLE.msg)
        else:
            answer = Answer(success=True, msg=msg)
        self._answer(encode(MatchRequestResponse(answer)))

    async def _cancel_match_request(self) -> None:
        if await self._services.lobby.cancel(self._player):
            answer = Answer(success=True, msg="You have left the queue.")
        else:
            answer = Answer(success=False, msg="You are not in the queue.")
        self._answer(encode(CancelMatchRequestResponse(answer)))

    async def _change_friends(
        self, message: from_client.FriendRequest | from_client.UnfriendRequest
    ) -> None:
        friends, adds = self._services.friends, isinstance(message, from_client.FriendRequest)
        change = friends.add if adds else friends.remove
        try:
            success, msg = await change(self._player, message.data.user)
        except Unavailable:
            success, msg = False, _UNAVAILABLE.msg
        response = FriendRequestResponse if adds else UnfriendRequestResponse
        self._answer(encode(response(Answer(success, msg))))
        if success:
            await friends.tell(self._player)

    async def _analysis_request(self, match_id: str) -> None:
        try:
            found = await self._services.analyst.request(match_id, self._asker)
        except Refused as refused:
            self._answer(_analysis_answer(match_id, refused))
            return
        except Unavailable:
            self._answer(_analysis_answer(match_id, _UNAVAILABLE))
            return
        self._answer(_analysis_answer(match_id, None))
        if isinstance(found, Report):
            self._answer(encode(Analysis(analysis_data(*found))))
        else:
            self._answer(encode(AnalysisProgress(ProgressData(*found))))


def _analysis_answer(match_id: str, refused: Refused | None) -> bytes:
    if refused is None:
        data = AnalysisAnswer(match_id, success=True, msg="", code=None)
    else:
        data = AnalysisAnswer(match_id, success=False, msg=refused.msg, code=refused.code.value)
    return encode(AnalysisRequestResponse(data))


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


def _answer_to(unreadable: Unreadable) -> bytes:
    """Answer a message that could not be decoded by its own response, if its type has one."""
    if unreadable.code is Code.INVALID_DATA:
        match unreadable.type:
            case "match_request":
                return encode(MatchRequestResponse(_UNREADABLE_REQUEST))
            case "friend_request":
                return encode(FriendRequestResponse(_UNREADABLE_REQUEST))
            case "unfriend_request":
                return encode(UnfriendRequestResponse(_UNREADABLE_REQUEST))
            case "analysis_request":
                return _analysis_answer("", unreadable)
            case "login" | "reconnect" | "temp_session":
                return encode_error(Refused(Code.ALREADY_LOGGED_IN), unreadable.type)
            case _:
                pass
    return encode_error(unreadable, unreadable.type)
