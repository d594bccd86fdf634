"""How matches, standings and friends look on the wire. Functions from domain values to messages."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from uttt.domain.events import Result
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Match
from uttt.domain.rating import Standing
from uttt.engine.levels import Level
from uttt.rules.position import Position, board_state
from uttt.wire.to_client import (
    BotData,
    BotOffer,
    Bots,
    BotsData,
    EloData,
    EloUpdate,
    FriendsData,
    FriendsUpdate,
    LastMove,
    MatchData,
    MatchState,
    MatchUpdate,
)

# the three cells of a row of a sub-board, by the bits of the first player and of the second one
_TRIPLES = {
    (first, second): tuple((first >> i & 1) + 2 * (second >> i & 1) for i in range(3))
    for first in range(8)
    for second in range(8)
    if not first & second
}
LAST_MOVES = [LastMove(move // 9 % 3, move // 27, move % 3, move % 9 // 3) for move in range(81)]


def match_update(match: Match, now: int, lifetimes: Lifetimes) -> MatchUpdate:
    """Return the message that shows a match as it stands. Both players get the same one."""
    outcome = match.outcome
    return _update(match, now, lifetimes, _state(match), outcome.result if outcome else None)


def match_gone(match: Match, now: int, lifetimes: Lifetimes) -> MatchUpdate:
    """Return the message that a match is gone without a result."""
    return _update(match, now, lifetimes, None, None)


def elo_update(standing: Standing) -> EloUpdate:
    """Return the message that shows where a player stands."""
    names = [name for name, _ in standing.top]
    ratings = [rating for _, rating in standing.top]
    return EloUpdate(EloData(standing.rating, standing.rank, names, ratings))


def friends_update(friends: list[tuple[str, int]]) -> FriendsUpdate:
    """Return the message that shows a friend list."""
    return FriendsUpdate(
        FriendsData([name for name, _ in friends], [rating for _, rating in friends])
    )


def bots(levels: Iterable[Level], *, rated: bool) -> Bots:
    """Return the message that shows which bots there are."""
    return Bots(BotsData([_bot(level) for level in levels], rated))


def bot_offer(level: Level) -> BotOffer:
    """Return the message that offers a bot."""
    return BotOffer(_bot(level))


def _bot(level: Level) -> BotData:
    return BotData(level.name, level.title, level.face, level.description, level.elo)


def _update(
    match: Match, now: int, lifetimes: Lifetimes, state: MatchState | None, result: Result | None
) -> MatchUpdate:
    deadline = (match.active_at + lifetimes.match) // 1000
    return MatchUpdate(
        MatchData(
            match.fixture.public_id,
            local_time(deadline),
            match.fixture.ranked,
            state,
            iso_time(now // 1000),
            iso_time(deadline),
            match.position.plies,
            result,
        )
    )


def _state(match: Match) -> MatchState:
    position, outcome = match.position, match.outcome
    name_a, name_b = (player.name for player in match.fixture.players)
    active = name_b if position.turn else name_a
    player_won = None
    if outcome is not None and outcome.result in (Result.WON, Result.EXPIRED):
        player_won = name_b if outcome.winner else name_a
    return MatchState(
        complete_field=_complete_field(position),
        global_field=_global_field(position),
        last_move=LAST_MOVES[position.last] if position.last >= 0 else None,
        game_over=outcome is not None,
        is_draw=outcome is not None and outcome.result is Result.DRAWN,
        player_won=player_won,
        active_player=active,
        current_player=active if outcome is None else None,
        player_a=name_a,
        player_b=name_b,
    )


def _complete_field(position: Position) -> list[list[int]]:
    first, second = position.first, position.second
    return [
        [
            cell
            for shift in (27 * (row // 3) + 3 * (row % 3) + 9 * sub_x for sub_x in range(3))
            for cell in _TRIPLES[first >> shift & 7, second >> shift & 7]
        ]
        for row in range(9)
    ]


def _global_field(position: Position) -> list[list[int]]:
    return [[board_state(position, 3 * row + column) for column in range(3)] for row in range(3)]


@lru_cache(maxsize=4096)
def local_time(seconds: int) -> str:
    """Return seconds since 1970 UTC as `revoke_time` has them."""
    # the old client reads this as local time of its browser, so it has no zone
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


@lru_cache(maxsize=4096)
def iso_time(seconds: int) -> str:
    """Return seconds since 1970 UTC as `server_time` and `deadline` have them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
