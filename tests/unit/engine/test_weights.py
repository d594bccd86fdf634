"""Files of networks: what ships is whole and says where it is from; what is broken is refused."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from uttt.engine.weights import SHIPPED, BadNetwork, read

CONTENT = SHIPPED.read_bytes()
LENGTH = int.from_bytes(CONTENT[12:16], "little")
HEADER: dict[str, Any] = json.loads(CONTENT[16 : 16 + LENGTH])
BODY = zlib.decompress(CONTENT[16 + LENGTH :])


def packed(header: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return CONTENT[:12] + len(text).to_bytes(4, "little") + text + zlib.compress(body, 1)


def test_the_shipped_network_is_small_and_says_where_it_is_from() -> None:
    assert len(CONTENT) <= 3_000_000
    network = read(SHIPPED)
    for what in ("name", "date", "command", "positions", "parent", "match", "match_command"):
        assert network.provenance[what]


def test_a_file_that_is_packed_anew_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(packed(HEADER, BODY))
    assert read(tmp_path / "net") == read(SHIPPED)


NOT_A_NUMBER = BODY[:-4] + struct.pack("<f", float("nan"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a network"),
        (b"x" * 100, "not a network"),
        (CONTENT[:8] + b"\xff" * 4 + CONTENT[12:], "version"),
        (CONTENT[:1000], "damaged"),
        (CONTENT[:-1000], "damaged"),
        (packed({}, BODY), "damaged"),
        (packed({**HEADER, "width": 0}, BODY), "out of range"),
        (packed({**HEADER, "shift": 99}, BODY), "out of range"),
        (packed({**HEADER, "heads": [10] * 10}, BODY), "heads"),
        (packed(HEADER, BODY[:-4]), "cut off"),
        (packed(HEADER, BODY + b"0000"), "longer"),
        (packed(HEADER, NOT_A_NUMBER), "not a number"),
    ],
)
def test_what_is_broken_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(BadNetwork, match=reason):
        read(tmp_path / "net")
