"""Bytes to typed messages and back. What cannot be read becomes a `Refused` with the right code."""

from typing import Any, Final

import msgspec

from uttt.domain.refusals import Code, Refused
from uttt.wire.from_client import FromClient
from uttt.wire.to_client import Error, ErrorData, ToClient

_decoder = msgspec.json.Decoder(FromClient)
_encoder = msgspec.json.Encoder()
_MAX_QUOTED: Final = 64

KNOWN_TYPES: Final = frozenset(message.__struct_config__.tag for message in FromClient.__args__)


class _Envelope(msgspec.Struct):
    """What every message has, whatever its type."""

    type: str
    data: Any


_envelope_decoder = msgspec.json.Decoder(_Envelope)


class Unreadable(Refused):
    """A message that is not one of ours. `type` is what it says to be, `data` what it came with."""

    def __init__(self, code: Code, type_: str | None, data: object) -> None:
        super().__init__(code)
        self.type = type_
        self.data = data


def decode(raw: bytes | str) -> FromClient:
    """Return the message in `raw`. Raises Unreadable."""
    try:
        message: FromClient = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise _explain(raw) from None
    return message


def _explain(raw: bytes | str) -> Unreadable:
    """Find out what is wrong with a message that could not be decoded."""
    try:
        envelope = _envelope_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Unreadable(Code.MALFORMED, None, None)
    if envelope.type not in KNOWN_TYPES:
        return Unreadable(Code.UNKNOWN_TYPE, envelope.type[:_MAX_QUOTED], None)
    return Unreadable(Code.INVALID_DATA, envelope.type, envelope.data)


def encode(message: ToClient) -> bytes:
    """Return a message as JSON in UTF-8."""
    return _encoder.encode(message)


def encode_error(refused: Refused, request: str | None) -> bytes:
    """Return the `error` message for a refusal."""
    return encode(Error(ErrorData(refused.code.value, refused.msg, request)))
