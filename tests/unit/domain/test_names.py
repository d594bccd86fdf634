"""Names and passwords (protocol sections 3, 13.10 and 14.8)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uttt.domain.names import MAX_PASSWORD_LENGTH, fold_name, is_password

ALLOWED = string.ascii_lowercase + string.digits + "_-"


@pytest.mark.parametrize(
    ("raw", "folded"),
    [("Alice", "alice"), ("abc", "abc"), ("A" * 16, "a" * 16), ("-_-", "-_-"), ("007", "007")],
)
def test_names_are_folded(raw: str, folded: str) -> None:
    assert fold_name(raw) == folded


@pytest.mark.parametrize(
    "raw",
    [
        "", "ab", "a" * 17, " abc", "abc ", "abc\n", "\nabc", "a bc", "äbc", "abc.", "a\0bc",
        "\ud800abc", "abc\u200b", "١٢٣", "straße", None, 123, True, [], ["abc"], {}, b"abc",
    ],
)  # fmt: skip
def test_what_is_no_name(raw: object) -> None:
    assert fold_name(raw) is None


@given(st.text(max_size=20))
def test_a_folded_name_is_its_own_folded_name(raw: str) -> None:
    folded = fold_name(raw)
    if folded is None:
        assert not (3 <= len(raw.lower()) <= 16 and set(raw.lower()) <= set(ALLOWED))
    else:
        assert set(folded) <= set(ALLOWED)
        assert 3 <= len(folded) <= 16
        assert fold_name(folded) == folded


@pytest.mark.parametrize(
    "raw", ["a", " ", "\0", "\n", "a" * MAX_PASSWORD_LENGTH, "𝄞" * MAX_PASSWORD_LENGTH]
)
def test_passwords(raw: str) -> None:
    assert is_password(raw)


@pytest.mark.parametrize(
    "raw", ["", "a" * (MAX_PASSWORD_LENGTH + 1), "a\ud800", "\udfff", None, 1, [], {}, b"abc"]
)
def test_what_is_no_password(raw: object) -> None:
    assert not is_password(raw)


def test_the_greatest_length_is_that_of_the_protocol() -> None:
    assert MAX_PASSWORD_LENGTH == 128
