"""The rulesets as values."""

import dataclasses

import pytest

from uttt.rules.rulesets import MOST_BOARDS, OPEN, RULESETS, STANDARD


def test_rulesets_are_found_by_their_names() -> None:
    assert dict(RULESETS) == {"standard": STANDARD, "most-boards": MOST_BOARDS, "open": OPEN}


def test_each_ruleset_differs_from_the_others_in_its_switches() -> None:
    switches = {(r.won_boards_close, r.most_boards_wins) for r in RULESETS.values()}
    assert len(switches) == len(RULESETS)


def test_names_fit_into_the_notation_of_games() -> None:
    assert all(name.isascii() and not set(name) & set(" :") for name in RULESETS)


def test_rulesets_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        STANDARD.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        RULESETS["other"] = STANDARD  # type: ignore[index]
