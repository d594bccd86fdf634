"""The first message of a connection: login, temp_session or reconnect (protocol section 4)."""

from typing import NamedTuple, assert_never

from uttt.domain.names import fold_name
from uttt.domain.refusals import Code, Refused
from uttt.service.accounts import Login, LoginRefused
from uttt.service.services import Services
from uttt.storage.failures import Unavailable
from uttt.wire import from_client
from uttt.wire.codec import Unreadable, decode, encode, encode_error
from uttt.wire.from_client import FirstMessage, FromClient
from uttt.wire.to_client import LoginData, LoginResponse, ReconnectData, ReconnectResponse

_TOO_MANY_LOGINS = "Too many attempts. Please wait a minute and try again."
_UNAVAILABLE = "The server cannot log you in right now. Please try again in a moment."
_NO_SESSION = "Your session has ended. Please log in again."


class Admission(NamedTuple):
    """The answer to a first message. Without a login the connection is closed after it.

    `after_login`: it was a login, not a reconnection, so friends are always sent (protocol 4.3).
    """

    answer: bytes
    login: Login | None = None
    after_login: bool = True


async def admit(raw: bytes | str, address: str, services: Services) -> Admission:
    """Answer the first message of a connection from `address`."""
    try:
        message = decode(raw)
    except Unreadable as unreadable:
        return _unreadable(unreadable)
    if not isinstance(message, FirstMessage):
        return _not_logged_in(message)
    if not services.logins_per_address.take(address):
        return _refusal(message, _TOO_MANY_LOGINS)
    try:
        match message:
            case from_client.Login():
                return await _login(message, services)
            case from_client.TempSession():
                return _admitted(await services.accounts.guest(message.data.name))
            case from_client.Reconnect():
                return await _reconnect(message, services)
            case _:
                assert_never(message)
    except LoginRefused as refused:
        return _login_refused(refused.msg, registered=refused.registered)
    except Unavailable:
        return _refusal(message, _UNAVAILABLE)


async def _login(message: from_client.Login, services: Services) -> Admission:
    name = fold_name(message.data.name)
    limit = services.logins_per_name
    # taken before the check, or a hundred connections could try a hundred passwords at once
    if name is not None and not limit.take(name):
        raise LoginRefused(_TOO_MANY_LOGINS, registered=bool(message.data.pw))
    login = await services.accounts.login(message.data.name, message.data.pw)
    if name is not None:
        limit.give_back(name)  # only failures count: a busy player is no thief
    return _admitted(login)


async def _reconnect(message: from_client.Reconnect, services: Services) -> Admission:
    login = await services.accounts.reconnect(message.data.id)
    if login is None:
        return _reconnect_refused(_NO_SESSION)
    data = ReconnectData(
        success=True,
        id=login.token,
        user=login.player.name,
        registered=login.player.registered,
        msg=login.msg,
    )
    return Admission(encode(ReconnectResponse(data)), login, after_login=False)


def _admitted(login: Login) -> Admission:
    data = LoginData(
        success=True, id=login.token, registered=login.player.registered, msg=login.msg
    )
    return Admission(encode(LoginResponse(data)), login)


def _login_refused(msg: str, *, registered: bool) -> Admission:
    data = LoginData(success=False, id=None, registered=registered, msg=msg)
    return Admission(encode(LoginResponse(data)))


def _reconnect_refused(msg: str) -> Admission:
    data = ReconnectData(success=False, id=None, user=None, registered=False, msg=msg)
    return Admission(encode(ReconnectResponse(data)))


def _refusal(message: FirstMessage, msg: str) -> Admission:
    match message:
        case from_client.Login():
            return _login_refused(msg, registered=bool(message.data.pw))
        case from_client.TempSession():
            return _login_refused(msg, registered=False)
        case from_client.Reconnect():
            return _reconnect_refused(msg)
        case _:
            assert_never(message)


def _not_logged_in(message: FromClient) -> Admission:
    request = str(message.__struct_config__.tag)
    return Admission(encode_error(Refused(Code.NOT_LOGGED_IN), request))


def _unreadable(unreadable: Unreadable) -> Admission:
    """Answer a first message with unusable fields as what it says to be."""
    if unreadable.code is Code.INVALID_DATA:
        match unreadable.type:
            case "login":
                return _login_refused("A login needs a name and a password.", registered=True)
            case "temp_session":
                return _login_refused("A temporary session needs a name.", registered=False)
            case "reconnect":
                return _reconnect_refused(_NO_SESSION)
            case _:
                pass
    code = Code.MALFORMED if unreadable.code is Code.MALFORMED else Code.NOT_LOGGED_IN
    return Admission(encode_error(Refused(code), unreadable.type))
