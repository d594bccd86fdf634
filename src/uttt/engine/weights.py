"""The file of the network: read, checked, and given to the compiled core.

What stands in it: docs/network-format.md. Never the numbers' use.
"""

import json
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
PATTERNS: Final = 19_683
"""Of nine places with three states."""


class BadNetwork(ValueError):
    """A file that is no network of this format. The message says what is wrong with it."""


@dataclass(frozen=True)
class Network:
    """What a file holds."""

    width: int
    """The length of a pattern's vector."""
    shift: int
    """By how many bits sums of products are shifted to the right."""
    heads: tuple[int, ...]
    """For 0..9 decided sub-boards, which head judges."""
    provenance: Mapping[str, Any]
    numbers: Mapping[str, "array[Any]"]
    """The arrays of the body by name, flat: int8 (`b`), int16 (`h`), of the head float (`f`)."""


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
        width, shift = int(header["width"]), int(header["shift"])
        heads = tuple(int(head) for head in header["heads"])
        provenance = dict(header["provenance"])
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BadNetwork(f"the file is damaged: {error}") from error
    if len(heads) != 10 or min(heads) < 0 or max(heads) > 9:  # noqa: PLR2004 - 0 to 9 decided ones
        raise BadNetwork("ten heads, 0 to 9, are needed")
    if not (1 <= width <= 256 and 1 <= shift <= 24):  # noqa: PLR2004 - as documented
        raise BadNetwork("the width must be 1 to 256 and the shift 1 to 24")
    return Network(width, shift, heads, provenance, _split(body, width, max(heads) + 1))


def _split(body: bytes, width: int, heads: int) -> dict[str, "array[Any]"]:
    shapes = (
        ("BIAS", "h", LANES),
        ("CONSTRAINT", "h", 10 * LANES),
        ("DECIDED", "h", 9 * 3 * LANES),
        ("PATTERN", "b", OPEN_PATTERNS * width),
        ("MIX", "h", 9 * width * LANES),
        ("FORWARD_MIX", "h", 9 * width * LANES),
        ("FORWARD", "b", OPEN_PATTERNS * LANES),
        ("FORWARD_SCALE", "h", LANES),
        ("MACRO", "b", 2 * PATTERNS * LANES),
        ("MACRO_SCALE", "h", 2 * LANES),
        ("W1", "f", heads * LANES * HIDDEN),
        ("B1", "f", heads * HIDDEN),
        ("W2", "f", heads * HIDDEN),
        ("B2", "f", heads),
        ("WL", "f", heads),
    )
    numbers: dict[str, array[Any]] = {}
    at = 0
    for name, kind, count in shapes:
        values = array(kind)
        size = count * values.itemsize
        values.frombytes(body[at : at + size])
        if len(values) != count:
            raise BadNetwork("the file is cut off")
        if sys.byteorder == "big":
            values.byteswap()
        numbers[name] = values
        at += size
    if at != len(body):
        raise BadNetwork("the file is longer than it says")
    return numbers
