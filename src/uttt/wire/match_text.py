"""The `match_update` of a match as bytes, put together from prepared pieces of text.

It is the message that is sent most by far: two for each move. `views.match_update` says what is in
it, as a struct; here the same bytes come out in a sixth of the time, and a test holds the two
against each other for whole games. No other message is worth this.
"""

from functools import lru_cache
from itertools import product
from typing import Final

import msgspec

from uttt.domain.events import Result
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Match
from uttt.wire.views import LAST_MOVES, iso_time, local_time

_BAND: Final = (1 << 27) - 1
_FLAG: Final = ("false", "true")


def _row_of(first: int, second: int) -> str:
    return ",".join(str((first >> i & 1) + 2 * (second >> i & 1)) for i in range(3))


# three cells side by side, by the bits of the first player and, from bit 3, of the second one
_THREE: Final = tuple(
    "" if first & second else _row_of(first, second)
    for second, first in product(range(8), repeat=2)
)
_LAST_MOVES: Final = tuple(msgspec.json.encode(move).decode() for move in LAST_MOVES)


@lru_cache(maxsize=16_384)  # a move changes one band of three: the other two are found here
def _band(first: int, second: int) -> str:
    """Three rows of the board, from the marks in three sub-boards side by side (27 bits)."""
    rows = []
    for at in (0, 3, 6):
        a, b, c = (
            _THREE[first >> shift & 7 | (second >> shift & 7) << 3]
            for shift in (at, at + 9, at + 18)
        )
        rows.append(f"[{a},{b},{c}]")
    return ",".join(rows)


@lru_cache(maxsize=4096)
def _global_field(won_by_first: int, won_by_second: int, drawn: int) -> str:
    states = [
        (won_by_first >> i & 1) + 2 * (won_by_second >> i & 1) + 3 * (drawn >> i & 1)
        for i in range(9)
    ]
    rows = (states[0:3], states[3:6], states[6:9])
    return ",".join(f"[{a},{b},{c}]" for a, b, c in rows)


@lru_cache(maxsize=16_384)
def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def encode_match(match: Match, now: int, lifetimes: Lifetimes) -> bytes:
    """Return the bytes of `views.match_update`."""
    fixture, position, _, active_at, outcome = match
    first, second = position.first, position.second
    top = _band(first & _BAND, second & _BAND)
    middle = _band(first >> 27 & _BAND, second >> 27 & _BAND)
    bottom = _band(first >> 54, second >> 54)
    name_a, name_b = _quoted(fixture.players[0].name), _quoted(fixture.players[1].name)
    active = current = name_b if position.turn else name_a
    result = won = "null"
    is_draw = False
    if outcome is not None:
        current, result = "null", f'"{outcome.result}"'
        is_draw = outcome.result is Result.DRAWN
        if outcome.result in (Result.WON, Result.EXPIRED):
            won = name_b if outcome.winner else name_a
    last = _LAST_MOVES[position.last] if position.last >= 0 else "null"
    deadline = (active_at + lifetimes.match) // 1000
    return (
        f'{{"type":"match_update","data":{{"id":{_quoted(fixture.public_id)},'
        f'"revoke_time":"{local_time(deadline)}","ranked":{_FLAG[fixture.ranked]},'
        f'"match_state":{{"complete_field":[{top},{middle},{bottom}],'
        f'"global_field":[{_global_field(*position.boards_won, position.drawn)}],'
        f'"last_move":{last},"game_over":{_FLAG[outcome is not None]},'
        f'"is_draw":{_FLAG[is_draw]},"player_won":{won},"active_player":{active},'
        f'"current_player":{current},"player_a":{name_a},"player_b":{name_b}}},'
        f'"server_time":"{iso_time(now // 1000)}","deadline":"{iso_time(deadline)}",'
        f'"moves":{position.plies},"result":{result}}}}}'
    ).encode()
