"""Lifetimes, and the refusals' table of texts."""

import pytest

from uttt.domain.lifetimes import Lifetimes
from uttt.domain.refusals import EXPLANATIONS, Code, Refused


def test_a_connection_is_renewed_by_the_shortest_of_what_it_keeps_alive() -> None:
    assert Lifetimes(account=3, session=2, temporary_session=9, match=1).shortest_of_a_session == 2
    assert Lifetimes(account=3, session=5, temporary_session=9, match=1).shortest_of_a_session == 3
    assert Lifetimes(account=9, session=5, temporary_session=4, match=1).shortest_of_a_session == 4


def test_every_code_is_explained_in_a_text_that_old_clients_can_show() -> None:
    assert set(EXPLANATIONS) == set(Code)
    for code, text in EXPLANATIONS.items():
        assert text.endswith("."), code
        assert not set(text) & set('&<"'), code


@pytest.mark.parametrize("code", list(Code))
def test_a_refusal_says_why(code: Code) -> None:
    assert Refused(code).msg == EXPLANATIONS[code]
    assert Refused(code, "Other.").msg == "Other."
    assert code.value == code.name.lower()
