"""Records: what goes in comes out."""

from pathlib import Path

import pytest
from train.patterns import OWN_BOARD, THEIR_BOARD, pattern_of
from train.records import FREE_BOARD, RECORD_BYTES, Record, observe, pack, read, unpack

from uttt.rules.position import compose, start
from uttt.rules.rulesets import STANDARD


def test_a_record_is_24_bytes_and_comes_back() -> None:
    record = Record((0, 19685, 3, 4, 5, 6, 7, 8, 19682), 9, -1, -29_997, 80)
    assert len(pack(record)) == RECORD_BYTES == 24
    assert unpack(pack(record)) == record


def test_a_record_is_seen_by_the_side_to_move() -> None:
    position = compose(STANDARD, (0b111 | 1 << 20, 0b111 << 9), (1, 2), turn=1)
    record = observe(position, result=-1, score=5)
    assert record.boards[:3] == (THEIR_BOARD, OWN_BOARD, pattern_of(0, 0b100))
    assert record.forced == FREE_BOARD
    assert (record.result, record.score, record.plies) == (-1, 5, 7)


def test_a_file_that_ends_within_a_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.records"
    path.write_bytes(pack(observe(start(), result=0, score=0)) * 2)
    assert len(read([path, path])) == 4 * RECORD_BYTES
    path.write_bytes(b"x" * 30)
    with pytest.raises(ValueError, match="ends within a record"):
        read([path])
