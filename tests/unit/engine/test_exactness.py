"""What the engine calls certain is so: against brute force that knows nothing but the rules."""

import random
from collections import Counter
from typing import Any

import pytest

from uttt.engine.plain import PlainSearch
from uttt.engine.search import Engine
from uttt.engine.verdict import Limits, Proof, Verdict
from uttt.rules.position import Position, Result, legal_moves, play, start
from uttt.rules.rulesets import RULESETS

POSITIONS = 120
"""Of each ruleset."""
MEANS = {Proof.WIN: 1, Proof.DRAW: 0, Proof.LOSS: -1}


def side_value(position: Position) -> int:
    """Of a match that is over, for the side that would be to move: it may have won, where
    sub-boards are counted out.
    """
    if position.result is Result.DRAW:
        return 0
    return 1 if (position.result is Result.FIRST) == (position.turn == 0) else -1


def brute_force(position: Position, known: dict[Any, int]) -> int:
    """1 if the side to move wins, 0 if it draws, -1 if it loses."""
    if position.result is not None:
        return side_value(position)
    key = position[1:4] + position[5:8]  # the ruleset stays
    if key not in known:
        values = (-brute_force(play(position, move), known) for move in legal_moves(position))
        known[key] = max(values)
    return known[key]


def free_cells(position: Position) -> int:
    taken = position.first | position.second
    return sum(
        9 - (taken >> 9 * board & 511).bit_count()
        for board in range(9)
        if not position.closed >> board & 1
    )


def endings(name: str, most_free: int) -> list[Position]:
    """Positions near the end of random games, at most so many cells being free."""
    draw, found = random.Random(name), []
    while len(found) < POSITIONS:
        position, passed = start(RULESETS[name]), []
        while position.result is None:
            passed.append(position)
            position = play(position, draw.choice(legal_moves(position)))
        position = passed[-draw.randint(1, min(most_free - 1, len(passed)))]
        if free_cells(position) <= most_free:
            found.append(position)
    return found


def assert_right(position: Position, verdict: Verdict, known: dict[Any, int]) -> None:
    """The proof is right, the move keeps it, the line ends the match in as many plies."""
    value = brute_force(position, known)
    if verdict.proof is None:
        assert verdict.plies is None
        return
    assert MEANS[verdict.proof] == value == 2 * verdict.chance - 1
    assert -brute_force(play(position, verdict.move), known) == value
    if verdict.proof is Proof.DRAW:
        return
    assert_leads_there(position, verdict)


def assert_leads_there(position: Position, verdict: Verdict) -> None:
    """The line of a proved win or loss ends so, in as many plies as are told, or is not told to."""
    end = position
    for move in verdict.line:
        end = play(end, move)
    if end.result is None:
        assert verdict.plies is None
        return
    assert len(verdict.line) == verdict.plies
    winner = 0 if end.result is Result.FIRST else 1
    assert end.result is not Result.DRAW
    assert (winner == position.turn) == (verdict.proof is Proof.WIN)


@pytest.mark.parametrize("contempt", [0.0, 0.25])
@pytest.mark.parametrize("name", RULESETS)
def test_proofs_of_the_engine_are_right_and_few_endings_stay_open(
    name: str, contempt: float
) -> None:
    engine, seen = Engine(), Counter[Proof | None]()
    for position in endings(name, 10):
        verdict = engine.search(position, Limits(nodes=20_000), contempt=contempt)
        assert_right(position, verdict, {})
        seen[verdict.proof] += 1
    assert min(seen[proof] for proof in Proof) >= 3
    assert seen[None] <= POSITIONS // 20


def test_among_them_are_matches_that_are_lost_by_moving_last() -> None:
    """Where sub-boards are counted out; else the tests here could not see it done wrong."""
    lost = 0
    for position in endings("most-boards", 10):
        for move in legal_moves(position):
            after = play(position, move)
            lost += after.result is not None and side_value(after) == 1
    assert lost  # and there are more some moves later


@pytest.mark.parametrize("name", RULESETS)
def test_short_searches_of_longer_endings_claim_nothing_that_is_not_so(name: str) -> None:
    """Where the ending is solved before the search has seen its end: what is claimed holds
    against a long search, and lines lead where they are said to lead.
    """
    short, long = Engine(), Engine(megabytes=64)
    claimed = 0
    for position in endings(name, 26)[:60]:
        verdict = short.search(position, Limits(nodes=300))
        assert verdict.nodes <= 300 + 300 // 4 + 10
        if verdict.proof is None:
            continue
        claimed += 1
        assert long.search(position, Limits(nodes=3_000_000)).proof is verdict.proof
        if verdict.proof is not Proof.DRAW:
            assert_leads_there(position, verdict)
    assert claimed >= 10


@pytest.mark.parametrize("name", RULESETS)
def test_proofs_of_ranked_moves_are_right(name: str) -> None:
    engine = Engine()
    for position in endings(name, 9)[:60]:
        known: dict[Any, int] = {}
        ranked = engine.rank(position, Limits(depth=4))
        assert sorted(verdict.move for verdict in ranked) == legal_moves(position)
        for verdict in ranked:
            if verdict.proof is not None:
                value = -brute_force(play(position, verdict.move), known)
                assert value == MEANS[verdict.proof]
        chances = [verdict.chance for verdict in ranked]
        assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize("contempt", [0.0, 0.25])
@pytest.mark.parametrize("name", RULESETS)
def test_proofs_of_the_plain_search_are_right(name: str, contempt: float) -> None:
    search, seen = PlainSearch(), Counter[Proof | None]()
    for position in endings(name, 9)[:60]:
        verdict = search.search(position, Limits(nodes=3_000), contempt)
        assert_right(position, verdict, {})
        seen[verdict.proof] += 1
    assert seen[None] < sum(seen.values()) // 3


def test_a_forced_win_from_afar_is_played_to_its_end() -> None:
    """Proofs of the middle game: whoever is proved to win does, whatever the other plays."""
    draw, engine, proved = random.Random(3), Engine(), 0
    while proved < 12:
        position = start()
        for _ in range(draw.randint(20, 40)):
            if position.result is None:
                position = play(position, draw.choice(legal_moves(position)))
        if position.result is not None:
            continue
        verdict = engine.search(position, Limits(nodes=30_000))
        if verdict.proof is not Proof.WIN:
            continue
        proved += 1
        winner = position.turn
        while position.result is None:
            if position.turn == winner:
                verdict = engine.search(position, Limits(nodes=300_000))
                assert verdict.proof is Proof.WIN
                position = play(position, verdict.move)
            else:
                position = play(position, draw.choice(legal_moves(position)))
        assert position.result is (Result.SECOND if winner else Result.FIRST)
