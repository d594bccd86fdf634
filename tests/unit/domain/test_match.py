"""decide and evolve: every refusal, and every way to end with what it means for the ratings."""

from dataclasses import replace

import pytest

from support import games
from uttt.domain.commands import Abandon, Command, Expire, Play
from uttt.domain.events import Ended, Outcome, Played, Result
from uttt.domain.match import Fixture, Match, Player, begin, decide, evolve
from uttt.domain.refusals import Code, Refused
from uttt.rules.position import legal_moves, play
from uttt.rules.rulesets import RULESETS, STANDARD

ANN, BOB, EVE = Player(7, "ann", True), Player(3, "bob", True), Player(5, "eve", True)
CREATED, NOW = 1000, 5000
RANKED = Fixture(1, "public", STANDARD, (ANN, BOB), True, CREATED)
UNRANKED = replace(RANKED, ranked=False)


def number(move: tuple[int, int, int, int]) -> int:
    sub_x, sub_y, x, y = move
    return 27 * sub_y + 9 * sub_x + 3 * y + x


def played(fixture: Fixture, moves: list[int], *, at: int = 2000) -> Match:
    """The match after these moves, the first of them at `at`, one ms between two."""
    match = begin(fixture)
    for ply, move in enumerate(moves):
        player = fixture.players[ply % 2]
        match = evolve(match, decide(match, Play(player.id, move), at + ply))
    return match


def script(game: tuple[tuple[int, int, int, int], ...]) -> list[int]:
    return [number(move) for move in game]


def refused(match: Match, command: Command, now: int = NOW) -> Code:
    with pytest.raises(Refused) as refusal:
        decide(match, command, now)
    return refusal.value.code


def test_a_match_begins_empty() -> None:
    match = begin(RANKED)
    assert (match.next_ply, match.active_at, match.outcome) == (0, CREATED, None)
    assert not match.both_moved
    assert len(legal_moves(match.position)) == 81


@pytest.mark.parametrize("ruleset", RULESETS.values(), ids=lambda ruleset: ruleset.name)
def test_it_is_played_by_its_own_rules(ruleset: object) -> None:
    fixture = replace(RANKED, ruleset=ruleset)
    assert begin(fixture).position.ruleset is ruleset


def test_a_move_is_decided_and_then_is_there() -> None:
    match = begin(RANKED)
    event = decide(match, Play(ANN.id, 40), NOW)
    assert event == Played(0, NOW, 40, None, play(match.position, 40))
    after = evolve(match, event)
    assert (after.next_ply, after.active_at, after.outcome) == (1, NOW, None)
    assert after.position.last == 40
    assert after.position.turn == 1
    assert match == begin(RANKED)


def test_both_have_moved_after_two_moves() -> None:
    moves = [40, 36]
    assert [played(RANKED, moves[:count]).both_moved for count in range(3)] == [
        False, False, True,
    ]  # fmt: skip


def test_a_move_for_a_ply_is_made_at_that_ply_only() -> None:
    """Who thought about an older position must not move in a newer one."""
    after_two = played(RANKED, [40, 36])
    assert isinstance(decide(after_two, Play(ANN.id, 0, 2), NOW), Played)
    for ply in (0, 1, 3, 4):
        assert refused(after_two, Play(ANN.id, 0, ply)) is Code.NOT_YOUR_TURN
    assert refused(after_two, Play(BOB.id, 0, 2)) is Code.NOT_YOUR_TURN


@pytest.mark.parametrize("move", [-1, 81, 10**30, -(10**30)])
def test_out_of_range(move: int) -> None:
    assert refused(begin(RANKED), Play(ANN.id, move)) is Code.OUT_OF_RANGE


def test_not_your_turn_whatever_the_move() -> None:
    assert refused(begin(RANKED), Play(BOB.id, 40)) is Code.NOT_YOUR_TURN
    assert refused(begin(RANKED), Play(BOB.id, 99)) is Code.NOT_YOUR_TURN
    assert refused(played(RANKED, [40]), Play(ANN.id, 36)) is Code.NOT_YOUR_TURN


def test_what_the_board_does_not_allow() -> None:
    match = played(RANKED, [40])
    assert refused(match, Play(BOB.id, 40)) is Code.CELL_TAKEN
    assert refused(match, Play(BOB.id, 0)) is Code.WRONG_BOARD


def test_a_closed_board() -> None:
    """B makes the top row of board 0, to which A has sent him three times."""
    match = played(RANKED, [36, 1, 9, 2, 18, 0])
    assert match.position.boards_won == (0, 1)
    assert refused(match, Play(ANN.id, 8)) is Code.BOARD_CLOSED
    match = evolve(match, decide(match, Play(ANN.id, 27), NOW))
    assert refused(match, Play(BOB.id, 8)) is Code.BOARD_CLOSED
    assert refused(match, Play(BOB.id, 27)) is Code.CELL_TAKEN


@pytest.mark.parametrize("command", [Play(EVE.id, 40), Play(EVE.id, 99), Abandon(EVE.id)])
@pytest.mark.parametrize("moves", [[], [40], [40, 36], script(games.WON_BY_A)])
def test_a_stranger_may_nothing(command: Command, moves: list[int]) -> None:
    assert refused(played(RANKED, moves), command) is Code.NOT_YOUR_MATCH


@pytest.mark.parametrize("ending", ["played", "drawn", "abandoned", "void", "expired"])
@pytest.mark.parametrize(
    "command",
    [Play(ANN.id, 0), Play(BOB.id, 0), Abandon(ANN.id), Abandon(BOB.id), Expire(10**15)],
)
def test_nothing_happens_after_the_end(ending: str, command: Command) -> None:
    over = {
        "played": played(RANKED, script(games.WON_BY_A)),
        "drawn": played(RANKED, script(games.DRAWN)),
        "abandoned": ended(played(RANKED, [40]), Abandon(BOB.id)),
        "void": ended(begin(RANKED), Expire(NOW)),
        "expired": ended(played(RANKED, [40, 36]), Expire(NOW)),
    }
    assert refused(over[ending], command) is Code.MATCH_OVER


def ended(match: Match, command: Command) -> Match:
    """The match after a command that must end it without a move."""
    event = decide(match, command, NOW)
    assert isinstance(event, Ended)
    assert (event.ply, event.at) == (match.next_ply, NOW)
    after = evolve(match, event)
    assert after.position == match.position
    assert (after.next_ply, after.active_at) == (match.next_ply + 1, NOW)
    assert after.outcome == event.outcome
    return after


@pytest.mark.parametrize("fixture", [RANKED, UNRANKED])
@pytest.mark.parametrize(
    ("game", "result", "winner"),
    [
        (games.WON_BY_A, Result.WON, 0),
        (games.WON_BY_B, Result.WON, 1),
        (games.DRAWN, Result.DRAWN, None),
        (games.DRAWN_BY_WINNING, Result.DRAWN, None),
    ],
)
def test_played_to_the_end(
    fixture: Fixture, game: tuple[tuple[int, int, int, int], ...], result: Result,
    winner: int | None,
) -> None:  # fmt: skip
    moves = script(game)
    before = played(fixture, moves[:-1])
    assert before.outcome is None
    player = fixture.players[len(moves[:-1]) % 2]
    event = decide(before, Play(player.id, moves[-1]), NOW)
    outcome = Outcome(result, winner, fixture.ranked)
    assert event[:4] == (len(moves) - 1, NOW, moves[-1], outcome)
    after = evolve(before, event)
    assert after.outcome == event.outcome
    assert after.next_ply == len(moves)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("fixture", [RANKED, UNRANKED])
@pytest.mark.parametrize("moves", [[], [40], [40, 36], [40, 36, 4]])
def test_abandoned(fixture: Fixture, moves: list[int], side: int) -> None:
    """On turn or not; it counts when ranked and both have a mark, and then the sender loses."""
    after = ended(played(fixture, moves), Abandon(fixture.players[side].id))
    rated = fixture.ranked and len(moves) >= 2
    assert after.outcome == Outcome(Result.ABANDONED, 1 - side if rated else None, rated)


@pytest.mark.parametrize("fixture", [RANKED, UNRANKED])
@pytest.mark.parametrize("moves", [[], [40], [40, 36], [40, 36, 4]])
def test_expired(fixture: Fixture, moves: list[int]) -> None:
    """Whoever was to move loses, once both have moved; else the match just goes."""
    after = ended(played(fixture, moves), Expire(NOW))
    if len(moves) < 2:
        assert after.outcome == Outcome(Result.VOID, None, rated=False)
    else:
        assert after.outcome == Outcome(Result.EXPIRED, 1 - len(moves) % 2, fixture.ranked)


@pytest.mark.parametrize("moves", [[], [40], [40, 36]])
def test_expiry_looks_at_the_last_activity(moves: list[int]) -> None:
    match = played(RANKED, moves, at=2000)
    last = 2000 + len(moves) - 1 if moves else CREATED
    assert match.active_at == last
    assert refused(match, Expire(last - 1)) is Code.MATCH_OVER
    ended(match, Expire(last))


def test_sides() -> None:
    assert (RANKED.side_of(ANN.id), RANKED.side_of(BOB.id)) == (0, 1)
    with pytest.raises(Refused) as refusal:
        RANKED.side_of(EVE.id)
    assert refusal.value.code is Code.NOT_YOUR_MATCH


def test_giving_up_at_a_ply_ends_nothing_later() -> None:
    match = played(RANKED, [40, 36])
    assert refused(match, Abandon(BOB.id, 1)) is Code.NOT_YOUR_TURN
    assert isinstance(decide(match, Abandon(BOB.id, 2), NOW), Ended)
