"""The parts of the vector of weights, for Python: where each stands, and rows made whole.

Never training, nor files.
"""

from array import array

import cython
from cython.cimports.train.layers import (
    BIAS,
    CELL,
    CONSTRAINT,
    DECIDED,
    FORWARD,
    FORWARD_CELL,
    FORWARD_MIX,
    HEAD,
    HEAD_SIZE,
    HEADS,
    HIDDEN,
    LANES,
    LINE,
    MACRO,
    MACRO_CELL,
    MIX,
    PATTERN,
    PATTERNS,
    SIZE,
    STATES,
    WIDTH,
    add,
    add_cells,
    embed,
)


def layout() -> dict[str, slice]:
    """Where each part stands in the vector of weights, by the names of `layers.pxd`, in its order.

    All from `PATTERN` on are rows of which a record touches a few; the parts before are shared.
    """
    starts = {
        "BIAS": BIAS,
        "CONSTRAINT": CONSTRAINT,
        "DECIDED": DECIDED,
        "MIX": MIX,
        "FORWARD_MIX": FORWARD_MIX,
        "CELL": CELL,
        "LINE": LINE,
        "FORWARD_CELL": FORWARD_CELL,
        "MACRO_CELL": MACRO_CELL,
        "HEAD": HEAD,
        "PATTERN": PATTERN,
        "FORWARD": FORWARD,
        "MACRO": MACRO,
    }
    ends = [*list(starts.values())[1:], SIZE]
    return {
        name: slice(start, end) for (name, start), end in zip(starts.items(), ends, strict=True)
    }


def shape() -> dict[str, int]:
    """The numbers that the parts are made of: lanes, width, hidden, states, heads, head."""
    return {
        "lanes": LANES,
        "width": WIDTH,
        "hidden": HIDDEN,
        "states": STATES,
        "heads": HEADS,
        "head": HEAD_SIZE,
    }


def head_of(decided: int) -> int:
    """Which head judges with so many decided sub-boards."""
    return decided * HEADS // 10


def whole_rows(weights: cython.float[::1]) -> tuple[array, array, array]:
    """What the free and the shared parts of rows amount to, for all 19,683 patterns, flat.

    Vectors [PATTERNS][width]; rows of the forced board [PATTERNS][lanes]; of the macro board
    [2][PATTERNS][lanes].
    """
    vectors = array("f", bytes(4 * PATTERNS * WIDTH))
    forced = array("f", bytes(4 * PATTERNS * LANES))
    macro = array("f", bytes(8 * PATTERNS * LANES))
    into: cython.float[::1] = vectors
    into_forced: cython.float[::1] = forced
    into_macro: cython.float[::1] = macro
    source: cython.p_float = cython.address(weights[0])
    pattern: cython.int
    i: cython.int
    at: cython.int
    for pattern in range(PATTERNS):
        embed(source, pattern, cython.address(into[WIDTH * pattern]))
        at = LANES * pattern
        add(cython.address(into_forced[at]), source + FORWARD + at, LANES)
        add_cells(source, FORWARD_CELL, pattern, cython.address(into_forced[at]))
        for i in range(2):
            at = LANES * (PATTERNS * i + pattern)
            add(cython.address(into_macro[at]), source + MACRO + at, LANES)
            add_cells(source, MACRO_CELL + 27 * LANES * i, pattern, cython.address(into_macro[at]))
    return vectors, forced, macro
