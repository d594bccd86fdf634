"""What a match looks like on the wire, against the plain rules of tests/naive_rules.py."""

import json
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naive_rules import NaiveGame
from uttt.domain.commands import Play
from uttt.domain.events import Ended, Outcome, Result
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Fixture, Match, Player, begin, decide, evolve
from uttt.domain.rating import Standing
from uttt.rules.rulesets import RULESETS
from uttt.wire import views
from uttt.wire.codec import encode
from uttt.wire.views import elo_update, friends_update, match_gone, match_update

DAY = 86_400_000
LIFETIMES = Lifetimes(account=45 * DAY, session=20 * DAY, temporary_session=DAY, match=7 * DAY)
CREATED = 1_925_654_759_000  # 2031-01-08 17:05:59 UTC, less a week
ANN, BOB = Player(2, "ann", True), Player(1, "bob", True)


def fixture(ruleset: str = "standard", *, ranked: bool = True) -> Fixture:
    return Fixture(5, "20e66b", RULESETS[ruleset], (ANN, BOB), ranked, CREATED)


def sent(match: Match, now: int = CREATED) -> dict[str, Any]:
    message = json.loads(encode(match_update(match, now, LIFETIMES)))
    assert message["type"] == "match_update"
    data: dict[str, Any] = message["data"]
    return data


def at(row: int, column: int) -> int:
    return 27 * (row // 3) + 9 * (column // 3) + 3 * (row % 3) + column % 3


def assert_shows(data: dict[str, Any], naive: NaiveGame, plies: int) -> None:
    state = data["match_state"]
    assert state["complete_field"] == naive.field
    assert state["global_field"] == naive.status
    result = naive.result()
    names = {1: "ann", 2: "bob"}
    assert state["game_over"] is (result is not None)
    assert state["is_draw"] is (result == "draw")
    assert state["player_won"] == {"first": "ann", "second": "bob"}.get(result or "")
    assert state["current_player"] == (names[naive.player] if result is None else None)
    assert state["active_player"] in ("ann", "bob")
    if result is None:
        assert state["active_player"] == names[naive.player]
    expected = {None: None, "draw": "drawn"}.get(result, "won")
    assert (data["moves"], data["result"]) == (plies, expected)
    if naive.last is None:
        assert state["last_move"] is None
    else:
        row, column = naive.last
        assert state["last_move"] == {
            "sub_x": column // 3, "sub_y": row // 3, "x": column % 3, "y": row % 3,
        }  # fmt: skip


@given(st.sampled_from(sorted(RULESETS)), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_whole_games_as_the_plain_rules_have_them(ruleset: str, seed: int) -> None:
    choose = random.Random(seed)
    match, naive, plies = begin(fixture(ruleset)), NaiveGame(ruleset), 0
    assert_shows(sent(match), naive, 0)
    while squares := sorted(naive.legal_squares()):
        row, column = choose.choice(squares)
        player = (ANN, BOB)[naive.player - 1]
        match = evolve(match, decide(match, Play(player.id, at(row, column)), CREATED))
        naive.play(row, column)
        plies += 1
        assert_shows(sent(match), naive, plies)


def after(moves: list[int], outcome: Outcome | None = None) -> Match:
    match = begin(fixture())
    for ply, move in enumerate(moves):
        match = evolve(match, decide(match, Play((ANN, BOB)[ply % 2].id, move), CREATED))
    return match if outcome is None else evolve(match, Ended(len(moves), CREATED, outcome))


@pytest.mark.parametrize("winner", [None, 0, 1])
def test_an_abandoned_match_is_won_by_nobody_even_when_it_was_rated(winner: int | None) -> None:
    data = sent(after([40, 36], Outcome(Result.ABANDONED, winner, winner is not None)))
    state = data["match_state"]
    assert (state["game_over"], state["is_draw"], state["player_won"]) == (True, False, None)
    assert state["current_player"] is None
    assert state["complete_field"][4][4] == 1
    assert (data["moves"], data["result"]) == (2, "abandoned")


@pytest.mark.parametrize(("winner", "name"), [(0, "ann"), (1, "bob")])
def test_an_expired_match_names_its_winner(winner: int, name: str) -> None:
    data = sent(after([40, 36], Outcome(Result.EXPIRED, winner, True)))
    assert data["match_state"]["player_won"] == name
    assert data["match_state"]["is_draw"] is False
    assert data["result"] == "expired"


def test_a_match_that_is_gone() -> None:
    message = json.loads(encode(match_gone(after([40]), CREATED, LIFETIMES)))
    assert message["data"]["match_state"] is None
    assert (message["data"]["id"], message["data"]["result"]) == ("20e66b", None)


@pytest.mark.parametrize("ranked", [True, False])
def test_ranked_is_a_boolean(ranked: bool) -> None:
    assert sent(begin(fixture(ranked=ranked)))["ranked"] is ranked


@pytest.fixture
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The process's time zone, as `time` has it; put back afterwards."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    views.local_time.cache_clear()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()
    views.local_time.cache_clear()


@pytest.mark.parametrize(
    ("zone", "revoke_time"),
    [
        ("UTC0", "2031-01-15 17:05:59"),
        ("IST-5:30", "2031-01-15 22:35:59"),
        ("NST3:30", "2031-01-15 13:35:59"),
        ("LINT-14", "2031-01-16 07:05:59"),
    ],
    indirect=["zone"],
)
def test_revoke_time_is_local_and_deadline_has_a_zone(zone: str, revoke_time: str) -> None:
    created = round(datetime(2031, 1, 8, 17, 5, 59, 999_000, UTC).timestamp() * 1000)
    match = begin(fixture())._replace(active_at=created)
    data = sent(match, now=created + 1500)
    assert data["revoke_time"] == revoke_time, zone
    assert data["deadline"] == "2031-01-15T17:05:59Z"
    assert data["server_time"] == "2031-01-08T17:06:01Z"


@pytest.mark.parametrize("zone", ["CET-1CEST,M3.5.0,M10.5.0/3"], indirect=True)
def test_revoke_time_has_the_offset_of_its_own_day(zone: str) -> None:
    """A week after 2031-03-25 summer time has begun."""
    created = round(datetime(2031, 3, 25, 12, tzinfo=UTC).timestamp() * 1000)
    data = sent(begin(fixture())._replace(active_at=created))
    assert data["revoke_time"] == "2031-04-01 14:00:00", zone


def test_the_longest_lifetimes_can_be_shown() -> None:
    """Settings allow a hundred years."""
    lifetimes = Lifetimes(account=1, session=1, temporary_session=1, match=36_500 * DAY)
    message = json.loads(encode(match_update(begin(fixture()), CREATED, lifetimes)))
    assert message["data"]["deadline"].startswith("2130-")


def test_standings() -> None:
    standing = Standing(1010, 2, [("eve", 1020), ("ann", 1010)])
    assert json.loads(encode(elo_update(standing))) == {
        "type": "elo_update",
        "data": {
            "elo": 1010, "rank": 2, "top_names": ["eve", "ann"], "top_elos": [1020, 1010],
        },
    }  # fmt: skip
    guest = json.loads(encode(elo_update(Standing(None, None, []))))["data"]
    assert guest == {"elo": None, "rank": None, "top_names": [], "top_elos": []}


def test_friends() -> None:
    assert json.loads(encode(friends_update([("bob", 990), ("eve", 1000)])))["data"] == {
        "friends": ["bob", "eve"], "elos": [990, 1000],
    }  # fmt: skip
    empty = json.loads(encode(friends_update([])))["data"]
    assert empty == {"friends": [], "elos": []}
