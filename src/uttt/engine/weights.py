"""The file of the network: read, checked, and given to the compiled core.

What stands in it: docs/network-format.md. Never the numbers' use.
"""

import json
import math
import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SHIPPED: Final = Path(__file__).with_name("weights.net")
"""The network that the package ships."""

MAGIC: Final = b"utttnet\n"
VERSION: Final = 1
LANES: Final = 32
HIDDEN: Final = 16
OPEN_PATTERNS: Final = 11_093
"""Of a sub-board without a line and with an empty cell."""
STATES: Final = 9
"""Of an open sub-board: 3 times the own need plus their need, each 0..2."""
HEADS: Final = 10
"""A head for each number of decided sub-boards at most."""
MOST_WIDTH: Final = 64
MOST_SHIFT: Final = 24
HOPES: Final = 3**9
"""Patterns of the macro board, seen by one side."""


class BadNetwork(ValueError):
    """A file that is no network of this format. The message says what is wrong with it."""


@dataclass(frozen=True)
class Network:
    """What a file holds."""

    width: int
    """The length of a pattern's vector."""
    shift: int
    """How many bits the sums of products are shifted to the right."""
    heads: tuple[int, ...]
    """For 0..9 decided sub-boards, which head judges."""
    provenance: Mapping[str, Any]
    numbers: Mapping[str, "array[Any]"]
    """The arrays of the body by name, flat: int8 (`b`), int16 (`h`), float (`f`)."""


def read(path: Path) -> Network:
    """Read a file. Raises `BadNetwork`, or OSError if it cannot be read."""
    content = path.read_bytes()
    if content[:8] != MAGIC:
        raise BadNetwork("not a network file")
    version, length = (int.from_bytes(content[at : at + 4], "little") for at in (8, 12))
    if version != VERSION:
        raise BadNetwork(f"version {version} of the format is not known")
    try:
        header = json.loads(content[16 : 16 + length])
        body = zlib.decompress(content[16 + length :])
        width = int(header["width"])
        shift = int(header["shift"])
        heads = tuple(int(head) for head in header["heads"])
        provenance = dict(header["provenance"])
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BadNetwork(f"the file is damaged: {error}") from error
    if not 1 <= width <= MOST_WIDTH or not 1 <= shift <= MOST_SHIFT:
        raise BadNetwork(f"width {width} or shift {shift} is out of range")
    if len(heads) != HEADS or min(heads) < 0 or max(heads) >= HEADS:
        raise BadNetwork("ten numbers of heads are needed, each below ten")
    return Network(width, shift, heads, provenance, _split(body, width, max(heads) + 1))


def shapes(width: int, heads: int) -> tuple[tuple[str, str, int], ...]:
    """The arrays of the body in their order: name, type as of `array`, number of values."""
    return (
        ("BIAS", "h", LANES),
        ("CONSTRAINT", "h", (9 * STATES + 1) * LANES),
        ("DECIDED", "h", 9 * 3 * LANES),
        ("PATTERN", "b", OPEN_PATTERNS * width),
        ("MIX", "h", 9 * STATES * width * LANES),
        ("FORWARD_MIX", "h", 9 * width * LANES),
        ("FORWARD", "b", OPEN_PATTERNS * LANES),
        ("FORWARD_SCALE", "h", LANES),
        ("MACRO", "b", 2 * HOPES * LANES),
        ("MACRO_SCALE", "h", 2 * LANES),
        ("W1", "f", heads * LANES * HIDDEN),
        ("B1", "f", heads * HIDDEN),
        ("W2", "f", heads * HIDDEN),
        ("B2", "f", heads),
        ("WL", "f", heads),
    )


def _split(body: bytes, width: int, heads: int) -> dict[str, "array[Any]"]:
    numbers: dict[str, array[Any]] = {}
    at = 0
    for name, kind, count in shapes(width, heads):
        values = array(kind)
        size = count * values.itemsize
        values.frombytes(body[at : at + size])
        if len(values) != count:
            raise BadNetwork("the file is cut off")
        if sys.byteorder == "big":
            values.byteswap()
        if kind == "f" and not all(map(math.isfinite, values)):
            raise BadNetwork(f"{name} has what is not a number")
        numbers[name] = values
        at += size
    if at != len(body):
        raise BadNetwork("the file is longer than it says")
    return numbers
