"""The fast bytes of a match_update are those of its struct, in whatever state a match is."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from uttt.domain.commands import Abandon, Expire, Play
from uttt.domain.events import Result
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Fixture, Match, Player, begin, decide, evolve
from uttt.rules.position import compose, legal_moves
from uttt.rules.rulesets import RULESETS, Ruleset
from uttt.wire.codec import encode
from uttt.wire.match_text import encode_match
from uttt.wire.views import match_update

LIFETIMES = Lifetimes(account=1, session=2, temporary_session=3, match=7 * 86_400_000)
START = 1_900_000_000_000
NAMES = ("ann", "b-b_9")


def check(match: Match, now: int) -> None:
    expected = encode(match_update(match, now, LIFETIMES))
    assert encode_match(match, now, LIFETIMES) == expected


def new_match(ruleset: Ruleset, ranked: bool, public_id: str = "f" * 32) -> Match:
    one, two = (Player(number, name, ranked) for number, name in enumerate(NAMES))
    return begin(Fixture(7, public_id, ruleset, (one, two), ranked, START))


@given(st.data(), st.sampled_from(list(RULESETS.values())), st.booleans())
def test_whole_games(data: st.DataObject, ruleset: Ruleset, ranked: bool) -> None:
    match = new_match(ruleset, ranked)
    check(match, START)
    chance = data.draw(st.randoms(use_true_random=False))
    at = START
    while match.outcome is None:
        at += chance.randrange(100_000)
        move = chance.choice(legal_moves(match.position))
        match = evolve(match, decide(match, Play(match.position.turn, move), at))
        check(match, at + chance.randrange(5_000))


@given(st.integers(0, 40), st.booleans(), st.randoms(use_true_random=False))
def test_matches_that_end_without_a_move(plies: int, expires: bool, chance: object) -> None:
    match = new_match(RULESETS["standard"], ranked=True)
    for _ in range(plies):
        if match.outcome is not None:
            return
        move = chance.choice(legal_moves(match.position))  # type: ignore[attr-defined]
        match = evolve(match, decide(match, Play(match.position.turn, move), START))
    if match.outcome is None:
        command = Expire(START) if expires else Abandon(plies % 2)
        match = evolve(match, decide(match, command, START))
        if match.outcome is not None and match.outcome.result is not Result.VOID:
            check(match, START)


@given(st.integers(0, (1 << 81) - 1), st.integers(0, (1 << 81) - 1), st.integers(0, 1))
def test_any_marks(first: int, second: int, turn: int) -> None:
    """Also such as an imported match may have, which no game leads to."""
    position = compose(RULESETS["standard"], (first & ~second, second), (0, 0), turn=turn)
    check(new_match(RULESETS["standard"], ranked=False)._replace(position=position), START)


marks = st.integers(0, (1 << 81) - 1)
boards = st.integers(0, (1 << 9) - 1)


@given(st.lists(st.tuples(marks, marks, boards, boards, st.integers(-1, 80)), max_size=4))
def test_whatever_was_shown_before(
    shown: list[tuple[int, int, int, int, int]],
) -> None:
    """A match may also go back: what a node believed was never written."""
    match = new_match(RULESETS["standard"], ranked=False)
    for first, second, won, lost, last in shown:
        position = compose(
            RULESETS["standard"], (first & ~second, second), (won, lost & ~won), last=last
        )
        check(match._replace(position=position), START)
        # and one that differs from it in one cell, with or without the last move being there
        without = compose(
            RULESETS["standard"],
            (position.first & ~(1 << max(last, 0)), position.second & ~(1 << max(last, 0))),
            position.boards_won,
            last=last,
        )
        check(match._replace(position=without), START)
        check(match._replace(position=position), START)


@given(st.text(max_size=32))
def test_ids_are_quoted(public_id: str) -> None:
    match = new_match(RULESETS["standard"], ranked=False, public_id=public_id)
    raw = encode_match(match, START, LIFETIMES)
    assert msgspec.json.decode(raw)["data"]["id"] == public_id
    check(match, START)
