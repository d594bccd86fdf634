"""Bytes to messages: each type is read, and each kind of bad input has its code."""

import json
from typing import Any, get_args

import msgspec
import pytest
from docs.examples import FROM_CLIENT
from hypothesis import example, given
from hypothesis import strategies as st

from uttt.domain.refusals import Code, Refused
from uttt.wire import from_client
from uttt.wire.codec import KNOWN_TYPES, Unreadable, decode, encode, encode_error
from uttt.wire.from_client import Cell, FromClient
from uttt.wire.to_client import Answer, MatchRequestResponse

STRUCTS = {str(struct.__struct_config__.tag): struct for struct in get_args(FromClient)}
MOVE = FROM_CLIENT["move"]


def message(kind: object, data: object) -> bytes:
    return json.dumps({"type": kind, "data": data}).encode()


def unreadable(raw: bytes | str) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        decode(raw)
    return refusal.value


def attempt(raw: bytes | str) -> FromClient | Unreadable:
    """What comes of it; anything but a message or its refusal is a failure of the test."""
    try:
        return decode(raw)
    except Unreadable as refusal:
        return refusal


@pytest.mark.parametrize("kind", sorted(STRUCTS))
@pytest.mark.parametrize("binary", [True, False])
def test_each_type_is_read(kind: str, binary: bool) -> None:
    raw = message(kind, FROM_CLIENT[kind])
    read = decode(raw if binary else raw.decode())
    assert type(read) is STRUCTS[kind]
    assert msgspec.to_builtins(read) == {"type": kind, "data": FROM_CLIENT[kind]}


def test_the_known_types_are_those_of_the_union() -> None:
    assert set(STRUCTS) == KNOWN_TYPES


@pytest.mark.parametrize("kind", sorted(STRUCTS))
def test_the_order_of_members_and_more_members_do_not_matter(kind: str) -> None:
    data = FROM_CLIENT[kind]
    plain = decode(message(kind, data))
    more = {**data, "more": [1, {"a": None}], "type": "other"}
    assert decode(json.dumps({"data": data, "type": kind})) == plain
    read = decode(json.dumps({"x": 1, "data": more, "type": kind, "y": {"data": 2}}))
    expected = {**data} if kind in TYPED else more
    assert msgspec.to_builtins(read)["data"] == expected


TYPED = {kind for kind, data in FROM_CLIENT.items() if data}


@pytest.mark.parametrize("kind", sorted(set(STRUCTS) - TYPED))
@pytest.mark.parametrize("data", [None, 0, "", [], {}, {"a": [1]}, False, 1.5])
def test_data_that_is_not_used_may_be_anything(kind: str, data: object) -> None:
    assert type(decode(message(kind, data))) is STRUCTS[kind]


@pytest.mark.parametrize("kind", sorted(TYPED))
def test_each_member_is_needed_and_has_its_type(kind: str) -> None:
    for name in FROM_CLIENT[kind]:
        rest = {key: value for key, value in FROM_CLIENT[kind].items() if key != name}
        wrong: list[object] = [[], {}, True, 1.5, ["a"], {"a": 1}]
        if kind != "match_request":
            wrong.append(None)
        if kind != "move" or name == "id":
            wrong.append(1)
        if name == "bot_offer":  # came later, so that clients may not know of it
            assert type(decode(message(kind, rest))) is STRUCTS[kind]
            wrong.remove(True)
            rest = {**rest, name: None}
        for data in (rest, *({**rest, name: value} for value in wrong)):
            refusal = unreadable(message(kind, data))
            assert (refusal.code, refusal.type) == (Code.INVALID_DATA, kind), data
            assert refusal.data == data


@pytest.mark.parametrize("kind", sorted(TYPED))
@pytest.mark.parametrize("data", [None, 0, "", [], False, {}, [{}]])
def test_data_must_be_an_object_where_it_is_used(kind: str, data: object) -> None:
    assert unreadable(message(kind, data)).code is Code.INVALID_DATA


@pytest.mark.parametrize("value", ["0", "2", "3", "-1", "x", "", " 1", "٣", 0, 2, -1, 10**30])
def test_coordinates_are_texts_or_integers_and_their_range_is_not_the_codecs_business(
    value: object,
) -> None:
    read = decode(message("move", {**MOVE, "x": value}))
    assert isinstance(read, from_client.Move)
    assert read.data == Cell(MOVE["id"], MOVE["sub_x"], MOVE["sub_y"], value, MOVE["y"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"x", b"{", b"}", b"[]", b"null", b"1", b'"text"', b"[{}]", b"{}",
        b'{"type":"logout"}', b'{"data":{}}', b'{"type":null,"data":{}}',
        b'{"type":7,"data":{}}', b'{"type":["logout"],"data":{}}', b'{"Type":"logout","data":{}}',
        b'{"type":"logout","data":}', b'{"type":"logout","data":{}', b'{"type":"logout" "data":{}}',
        b'{"type":"logout","data":{}} {}', b'{"type":"logout","data":{}},',
        b"{'type':'logout','data':{}}", b'{"type":"logout","data":{},}',
        b'{"type":"logout","data":NaN}', b'{"type":"logout","data":Infinity}',
        b'{"type":"logout","data":01}', b'{"type":"logout","data":1e99999}',
        b'\xef\xbb\xbf{"type":"logout","data":{}}', '{"type":"logout","data":{}}'.encode("utf-16"),
        b'{"type":"logout\x00","data":"\x00"}', b"\x00", b"\xff\xfe", b"\x80\x81",
    ],
)  # fmt: skip
def test_what_is_no_message_at_all(raw: bytes) -> None:
    refusal = unreadable(raw)
    assert (refusal.code, refusal.type, refusal.data) == (Code.MALFORMED, None, None)


@pytest.mark.parametrize(
    "kind", ["", "Login", "login ", "nonsense", "end_game", "error", "\0", "ß"]
)
def test_unknown_types(kind: str) -> None:
    refusal = unreadable(message(kind, {}))
    assert (refusal.code, refusal.type) == (Code.UNKNOWN_TYPE, kind)


def test_a_long_unknown_type_is_not_sent_back_whole() -> None:
    refusal = unreadable(message("𝄞" * 50_000, {}))
    assert refusal.type is not None
    assert len(refusal.type) <= 64
    assert len(encode_error(refusal, refusal.type)) < 500


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type":"reconnect","data":{"id":"\xff"}}',
        b'{"type":"reconnect","data":{"id":"\xed\xa0\x80"}}',  # a surrogate in UTF-8
        b'{"type":"reconnect","data":{"id":"\xc0\x80"}}',  # an overlong NUL
        b'{"type":"logout","data":"\xe2\x82"}',
        b'{"type":"\xff","data":{}}',
        b'{"type":"reconnect","data":{"id":"\\ud800"}}',
        b'{"type":"reconnect","data":{"id":"\\udc00\\ud800"}}',
        b'{"type":"logout","data":["\\ud83d"]}',
        b'{"type":"\\ud800","data":{}}',
    ],
)
def test_text_that_is_no_unicode_never_gets_in(raw: bytes) -> None:
    assert unreadable(raw).code is Code.MALFORMED


def test_a_text_frame_with_surrogates_never_gets_in() -> None:
    assert unreadable('{"type":"reconnect","data":{"id":"\ud800"}}').code is Code.MALFORMED


def test_nul_characters_are_characters() -> None:
    read = decode(b'{"type":"reconnect","data":{"id":"a\\u0000b"}}')
    assert isinstance(read, from_client.Reconnect)
    assert read.data.id == "a\0b"


def test_a_pair_of_surrogate_escapes_is_a_character() -> None:
    read = decode(b'{"type":"login","data":{"name":"a","pw":"\\ud834\\udd1e"}}')
    assert isinstance(read, from_client.Login)
    assert read.data.pw == "𝄞"


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    read = decode(b'{"type":"reconnect","data":{"id":"first","id":"last"}}')
    assert isinstance(read, from_client.Reconnect)
    assert read.data.id == "last"


@pytest.mark.parametrize(("first", "second"), [("move", "logout"), ("logout", "move"), ("x", "y")])
def test_a_message_of_two_types_is_none(first: str, second: str) -> None:
    """Or it is one of the two; it never becomes a third thing."""
    read = attempt(f'{{"type":"{first}","type":"{second}","data":{{}}}}')
    if isinstance(read, Unreadable):
        assert read.code in (Code.INVALID_DATA, Code.UNKNOWN_TYPE, Code.MALFORMED)
    else:
        assert type(read) is STRUCTS["logout"]


@pytest.mark.parametrize("depth", [10, 500, 5_000, 32_000])
@pytest.mark.parametrize("kind", ["logout", "move", "nonsense"])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_deep_nesting(kind: str, depth: int, brackets: tuple[str, str]) -> None:
    nested = brackets[0] * depth + "1" + brackets[1] * depth
    read = attempt(f'{{"type":"{kind}","data":{nested},"more":{nested}}}')
    if isinstance(read, Unreadable):
        assert read.code in (Code.MALFORMED, Code.INVALID_DATA, Code.UNKNOWN_TYPE)
        encode_error(read, read.type)
    else:
        assert type(read) is STRUCTS["logout"]


@pytest.mark.parametrize("digits", [19, 20, 30, 300, 4_300, 5_000, 60_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_huge_numbers(digits: int, sign: str) -> None:
    number = sign + "9" * digits
    for data in (f'{{"id":"a","sub_x":{number},"sub_y":0,"x":0,"y":0}}', number, f"[{number}.5]"):
        for kind in ("move", "logout", "nonsense"):
            read = attempt(f'{{"type":"{kind}","data":{data}}}')
            if isinstance(read, Unreadable):
                assert read.code in (Code.MALFORMED, Code.INVALID_DATA, Code.UNKNOWN_TYPE)
            else:
                assert type(read) in (STRUCTS["move"], STRUCTS["logout"])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.binary(max_size=200) | st.text(max_size=100))
@example(b'{"type":"move","data":{"id":')
def test_whatever_comes_is_read_or_refused(raw: bytes | str) -> None:
    read = attempt(raw)
    if isinstance(read, Unreadable):
        encode_error(read, read.type)
    else:
        assert type(read) in STRUCTS.values()


@given(st.sampled_from(sorted(STRUCTS)) | st.text(max_size=8), json_values)
def test_whatever_json_comes_is_read_or_refused_with_its_type(kind: str, data: Any) -> None:
    read = attempt(message(kind, data))
    if isinstance(read, Unreadable):
        known = Code.INVALID_DATA if kind in STRUCTS else Code.UNKNOWN_TYPE
        assert (read.code, read.type) == (known, kind)
    else:
        assert type(read) is STRUCTS[kind]


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("request_type", [None, "move", 'a\x00\n"<&𝄞'])
def test_errors_in_json(code: Code, request_type: str | None) -> None:
    refused = Refused(code, 'A "text".')
    assert json.loads(encode_error(refused, request_type)) == {
        "type": "error",
        "data": {"code": code.value, "msg": 'A "text".', "request": request_type},
    }


def test_messages_in_json() -> None:
    raw = encode(MatchRequestResponse(Answer(success=True, msg="näme \u2028")))
    assert json.loads(raw.decode("utf-8")) == {
        "type": "match_request_response",
        "data": {"success": True, "msg": "näme \u2028"},
    }
