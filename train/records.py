"""Records: what self-play notes of a position, 24 bytes each, in files without a header.

Never how positions are found or used.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from train.patterns import DRAWN_BOARD, OWN_BOARD, THEIR_BOARD, pattern_of
from uttt.rules.position import FREE_CHOICE, Position

_LAYOUT: Final = struct.Struct("<9HBbhBB")
RECORD_BYTES: Final = _LAYOUT.size
FREE_BOARD: Final = 9
"""`forced` of a record whose side to move may choose the sub-board."""


@dataclass(frozen=True, slots=True)
class Record:
    """A position with what it is worth, all seen by the side to move."""

    boards: tuple[int, ...]
    """For each sub-board its pattern, or what stands for it if it is decided."""
    forced: int
    """The sub-board 0..8 of the next move, or `FREE_BOARD`."""
    result: int
    """How the game came out: 1 won, 0 drawn, -1 lost."""
    score: int
    """What the search said, in 400ths of a logit."""
    plies: int
    """How many moves were made before."""


def pack(record: Record) -> bytes:
    """The 24 bytes of a record."""
    return _LAYOUT.pack(*record.boards, record.forced, record.result, record.score, record.plies, 0)


def unpack(data: bytes | memoryview) -> Record:
    """The record of 24 bytes."""
    *boards, forced, result, score, plies, _ = _LAYOUT.unpack(data)
    return Record(tuple(boards), forced, result, score, plies)


def observe(position: Position, *, result: int, score: int) -> Record:
    """The record of a position of the rules; the search has its own way to write one."""
    me, they = position.turn, 1 - position.turn
    boards = []
    for board in range(9):
        if position.boards_won[me] >> board & 1:
            boards.append(OWN_BOARD)
        elif position.boards_won[they] >> board & 1:
            boards.append(THEIR_BOARD)
        elif position.drawn >> board & 1:
            boards.append(DRAWN_BOARD)
        else:
            own = position.marks(me) >> 9 * board & 0b111_111_111
            their = position.marks(they) >> 9 * board & 0b111_111_111
            boards.append(pattern_of(own, their))
    forced = FREE_BOARD if position.forced == FREE_CHOICE else position.forced
    return Record(tuple(boards), forced, result, score, position.plies)


def read(paths: list[Path]) -> bytearray:
    """All records of the files. Raises ValueError if a file ends within a record."""
    data = bytearray()
    for path in paths:
        data += path.read_bytes()
        if len(data) % RECORD_BYTES:
            raise ValueError(f"{path} ends within a record")
    return data
