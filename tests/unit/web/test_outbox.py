"""The outbox: order, what supersedes what, holding back, its limit, its end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uttt.web.outbox import Outbox, Overflow


def taken(outbox: Outbox) -> list[bytes]:
    """All that may be sent now."""
    found = []
    while (message := outbox.take()) is not None:
        found.append(message)
    return found


def test_messages_go_out_in_order() -> None:
    outbox = Outbox(100)
    for message in (b"1", b"2", b"2", b"3"):
        outbox.push(message)
    assert taken(outbox) == [b"1", b"2", b"2", b"3"]


def test_a_newer_state_takes_the_place_at_the_end() -> None:
    outbox = Outbox(100)
    outbox.push(b"a1", "a")
    outbox.push(b"b1", "b")
    outbox.push(b"text")
    outbox.push(b"a2", "a")
    outbox.push(b"elo")
    assert taken(outbox) == [b"b1", b"text", b"a2", b"elo"]


def test_what_was_taken_is_superseded_no_longer() -> None:
    outbox = Outbox(100)
    outbox.push(b"a1", "a")
    assert outbox.take() == b"a1"
    outbox.push(b"a2", "a")
    assert taken(outbox) == [b"a2"]


def test_the_limit_is_on_what_waits_in_bytes() -> None:
    outbox = Outbox(10)
    outbox.push(b"12345")
    outbox.push(b"67890")
    with pytest.raises(Overflow):
        outbox.push(b"1")


def test_superseded_and_sent_messages_cost_nothing() -> None:
    outbox = Outbox(10)
    for _ in range(100):
        outbox.push(b"1234567890", "a")
    assert outbox.take() == b"1234567890"
    for _ in range(100):
        outbox.push(b"12345")
        outbox.push(b"12345")
        assert outbox.take() == b"12345"
        assert outbox.take() == b"12345"


def test_nothing_is_sent_while_held_and_the_first_come_first() -> None:
    outbox = Outbox(100)
    outbox.hold()
    outbox.push(b"pushed")
    assert outbox.take() is None
    outbox.release([(None, b"response"), (None, b"elo")])
    assert taken(outbox) == [b"response", b"elo", b"pushed"]


def test_what_comes_first_supersedes_what_was_held() -> None:
    """The greeting was read later than what was pushed while it was put together."""
    outbox = Outbox(100)
    outbox.hold()
    outbox.push(b"a old", "a")
    outbox.push(b"elo")
    outbox.push(b"b", "b")
    outbox.release([(None, b"response"), ("a", b"a new")])
    assert taken(outbox) == [b"response", b"a new", b"elo", b"b"]


def test_after_the_release_all_is_as_before() -> None:
    outbox = Outbox(10)
    outbox.hold()
    outbox.push(b"12345", "a")
    outbox.release([(None, b"12345")])
    outbox.push(b"54321", "a")
    with pytest.raises(Overflow):
        outbox.push(b"1")


def test_the_limit_holds_while_held_and_at_the_release() -> None:
    outbox = Outbox(10)
    outbox.hold()
    outbox.push(b"1234567890")
    with pytest.raises(Overflow):
        outbox.push(b"1")
    outbox = Outbox(10)
    outbox.hold()
    outbox.push(b"123456")
    with pytest.raises(Overflow):
        outbox.release([(None, b"78901")])


def test_what_waits_at_the_close_is_sent_and_nothing_after_it() -> None:
    outbox = Outbox(10)
    outbox.push(b"1")
    outbox.close()
    outbox.push(b"2")
    outbox.push(b"far too long for it")
    assert outbox.closed
    assert taken(outbox) == [b"1"]


def test_discarding_sends_nothing_more() -> None:
    outbox = Outbox(10)
    outbox.push(b"1234567890")
    outbox.discard()
    outbox.push(b"2")
    assert outbox.take() is None


def test_a_close_during_the_greeting_does_not_let_out_what_was_held_back() -> None:
    """Nothing may come before the response to the login (protocol 4.3), not even at the end."""
    outbox = Outbox(100)
    outbox.hold()
    outbox.push(b"match_update", "a")
    outbox.close()
    assert outbox.take() is None


operations = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from([None, "a", "b"]), st.binary(max_size=9)),
        st.tuples(st.just("take"), st.none(), st.just(b"")),
    ),
    max_size=60,
)


@given(operations)
@settings(max_examples=150, deadline=None)
def test_against_a_plain_list(steps: list[tuple[str, str | None, bytes]]) -> None:
    """The same as a list from which older messages of the key are struck out."""

    outbox, plain = Outbox(60), list[tuple[str | None, bytes]]()
    for step, key, message in steps:
        if step == "take":
            assert outbox.take() == (plain.pop(0)[1] if plain else None)
            continue
        plain = [item for item in plain if key is None or item[0] != key]
        plain.append((key, message))
        if sum(len(item[1]) for item in plain) > 60:
            with pytest.raises(Overflow):
                outbox.push(message, key)
            return
        outbox.push(message, key)
        assert len(outbox) == len(plain)
    assert taken(outbox) == [message for _, message in plain]
