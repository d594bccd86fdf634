"""From the weights of a training to the file that the engine reads: whole rows, in small integers.

The format is that of docs/network-format.md. Never training, nor the engine's reading.
"""

import json
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from train import parts
from train.patterns import OPEN_PATTERNS, PATTERNS
from uttt.engine import weights as engine_file

_UNIT: Final = 128
"""Lanes are counted in these parts."""
_MOST_SINGLE: Final = 4095
_MOST_SHIFT: Final = 16


def write(path: Path, weights: "array[float]", provenance: Mapping[str, Any]) -> None:
    """Write the network. Raises ValueError if it does not have the parts of the format."""
    numbers, shift = quantised(weights)
    shape = parts.shape()
    expected = engine_file.shapes(shape["width"], shape["heads"])
    body = b""
    for name, kind, count in expected:
        values = numbers[name]
        if values.typecode != kind or len(values) != count:
            raise ValueError(f"{name} has {len(values)} numbers, the format wants {count}")
        body += values.tobytes()
    header = {
        "width": shape["width"],
        "shift": shift,
        "heads": [parts.head_of(decided) for decided in range(10)],
        "provenance": dict(provenance),
    }
    text = json.dumps(header, indent=1).encode()
    path.write_bytes(
        engine_file.MAGIC
        + engine_file.VERSION.to_bytes(4, "little")
        + len(text).to_bytes(4, "little")
        + text
        + zlib.compress(body, 9)
    )


def quantised(weights: "array[float]") -> tuple[dict[str, "array[Any]"], int]:
    """The arrays of the file by name, and the shift that its products need."""
    places = parts.layout()
    shape = parts.shape()
    lanes, width = shape["lanes"], shape["width"]
    vectors, forced, macro = parts.whole_rows(weights)
    numbers: dict[str, array[Any]] = {
        name: _singles(weights[places[name]]) for name in ("BIAS", "CONSTRAINT", "DECIDED")
    }
    numbers["PATTERN"], vector_units = _bytes(_open_rows(vectors, width), width)
    numbers["FORWARD"], forced_units = _bytes(_open_rows(forced, lanes), lanes)
    halves = [
        _bytes(macro[i * PATTERNS * lanes : (i + 1) * PATTERNS * lanes], lanes) for i in (0, 1)
    ]
    numbers["MACRO"] = halves[0][0] + halves[1][0]
    factors = {
        name: _times(weights[places[name]], vector_units, lanes) for name in ("MIX", "FORWARD_MIX")
    }
    factors["FORWARD_SCALE"] = forced_units
    factors["MACRO_SCALE"] = halves[0][1] + halves[1][1]
    greatest = max(abs(value) for values in factors.values() for value in values) * _UNIT
    shift = _MOST_SHIFT
    while greatest * 2**shift > 2**15 - 1 and shift > 1:
        shift -= 1
    for name, values in factors.items():
        numbers[name] = array("h", (round(value * _UNIT * 2**shift) for value in values))
    return numbers | _heads(weights[places["HEAD"]], shape), shift


def _singles(values: Iterable[float]) -> "array[int]":
    return array(
        "h", (max(-_MOST_SINGLE, min(_MOST_SINGLE, round(_UNIT * value))) for value in values)
    )


def _open_rows(rows: "array[float]", length: int) -> "array[float]":
    """The rows of the patterns that the file has."""
    kept = array("f")
    for pattern in OPEN_PATTERNS:
        kept += rows[pattern * length : (pattern + 1) * length]
    return kept


def _bytes(rows: "array[float]", length: int) -> tuple["array[int]", list[float]]:
    """Rows as int8, and what one unit of each column is worth."""
    units = [max(1e-6, *map(abs, rows[i::length])) / 127 for i in range(length)]
    return array("b", (round(value / units[i % length]) for i, value in enumerate(rows))), units


def _times(mixes: "array[float]", units: Sequence[float], lanes: int) -> list[float]:
    """Mixes for vectors that are counted in these units."""
    return [value * units[i // lanes % len(units)] for i, value in enumerate(mixes)]


def _heads(values: "array[float]", shape: Mapping[str, int]) -> dict[str, "array[float]"]:
    """The parts of all heads, each part together."""
    first = shape["lanes"] * shape["hidden"]
    hidden = shape["hidden"]
    bounds = {
        "W1": (0, first),
        "B1": (first, first + hidden),
        "W2": (first + hidden, first + 2 * hidden),
        "B2": (first + 2 * hidden, first + 2 * hidden + 1),
        "WL": (first + 2 * hidden + 1, first + 2 * hidden + 2),
    }
    numbers = {}
    for name, (start, end) in bounds.items():
        numbers[name] = array("f")
        for head in range(shape["heads"]):
            at = head * shape["head"]
            numbers[name] += values[at + start : at + end]
    return numbers
