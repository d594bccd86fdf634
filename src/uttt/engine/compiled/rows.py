"""The rows of the network in memory, made from the factors in its file.

A row of lanes for each pattern of each sub-board in each state: 64 MB, of which a search touches
little. Never the file itself (`uttt.engine.weights`), nor what is computed from them (`network`).
"""

from collections.abc import Mapping, Sequence

import cython
from cython.cimports.libc.stdint import int8_t, int16_t, int32_t
from cython.cimports.libc.string import memset
from cython.cimports.uttt.engine.compiled.board import (
    FULL,
    HAS_LINE,
)
from cython.cimports.uttt.engine.compiled.memory import zeroed

from uttt.rules.position import LINES


def _fill_tables() -> None:
    """Number the open patterns, and note for all hopes how much each sub-board is needed."""
    for cells in range(512):
        pattern_of[cells] = sum(3**cell for cell in range(9) if (cells >> cell) & 1)
    live = []
    for own in range(512):
        for their in range(512):
            if own & their:
                continue
            pattern = pattern_of[own] + 2 * pattern_of[their]
            if own | their != FULL and not HAS_LINE[own] and not HAS_LINE[their]:
                live.append(pattern)
            for place in range(9):
                others = [line & ~(1 << place) for line in LINES if (line >> place) & 1]
                possible = [line for line in others if not line & their]
                completing = any(line & own == line for line in possible)
                needs[9 * pattern + place] = 2 if completing else bool(possible)
    for index, pattern in enumerate(sorted(live)):
        index_of[pattern] = index


_fill_tables()


@cython.cfunc
def _rows(number: cython.int) -> cython.pointer(Row):
    """Zeroed rows on a cache line each. They live as long as the process."""
    rows: cython.pointer(Row) = cython.cast(
        cython.pointer(Row), zeroed(number * cython.sizeof(Row))
    )
    if rows is cython.NULL:
        raise MemoryError
    return rows


def load(numbers: Mapping[str, object], width: int, shift: int, heads: Sequence[int]) -> None:
    """Fill the tables from the arrays of a network file, named as in its description.

    Not while a search runs: a second network takes the place of the first.
    """
    global table, forward_rows, macro_rows, loaded
    _copy(cython.address(bias_row), numbers["BIAS"], 0)
    for i in range(82):
        _copy(cython.address(constraint_rows[i]), numbers["CONSTRAINT"], i)
    for i in range(27):
        _copy(cython.address(decided_rows[i]), numbers["DECIDED"], i)
    for i in range(10):
        head_of[i] = heads[i]
    for i in range(max(heads) + 1):
        _load_head(i, numbers)
    if table is cython.NULL:
        forward_rows = _rows(9 * OPEN)
        macro_rows = _rows(2 * HOPES)
        table = _rows(9 * STATES * OPEN)
    vectors: cython.const[int8_t][::1] = numbers["PATTERN"]
    mix: cython.const[int16_t][::1] = numbers["MIX"]
    _mix_rows(table, cython.address(vectors[0]), cython.address(mix[0]), 9 * STATES, width, shift)
    mix = numbers["FORWARD_MIX"]
    _mix_rows(forward_rows, cython.address(vectors[0]), cython.address(mix[0]), 9, width, shift)
    own: cython.const[int8_t][::1] = numbers["FORWARD"]
    scale: cython.const[int16_t][::1] = numbers["FORWARD_SCALE"]
    place: cython.int
    for place in range(9):
        _scale_rows(
            forward_rows + place * OPEN,
            cython.address(own[0]),
            cython.address(scale[0]),
            OPEN,
            shift,
        )
    memset(macro_rows, 0, 2 * HOPES * cython.sizeof(Row))  # rows of a network before
    own = numbers["MACRO"]
    scale = numbers["MACRO_SCALE"]
    for place in range(2):
        at: cython.int = LANES * place
        _scale_rows(
            macro_rows + place * HOPES,
            cython.address(own[at * HOPES]),
            cython.address(scale[at]),
            HOPES,
            shift,
        )
    loaded = True


def unload() -> None:
    """Have no network from now on. Not while a search runs."""
    global loaded
    loaded = False


@cython.cfunc
def _copy(row: cython.pointer(Row), numbers: object, index: cython.int) -> cython.int:
    lane: cython.int
    view: int16_t[:] = numbers
    for lane in range(LANES):
        row.lane[lane] = view[LANES * index + lane]
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _mix_rows(
    rows: cython.pointer(Row),
    vectors: cython.pointer(cython.const[int8_t]),
    mix: cython.pointer(cython.const[int16_t]),
    mixes: cython.int,
    width: cython.int,
    shift: cython.int,
) -> cython.void:
    """Set for each mix the rows of all open patterns: their vectors times the mix."""
    sums: int32_t[32]
    m: cython.int
    index: cython.int
    i: cython.int
    lane: cython.int
    for m in range(mixes):
        for index in range(OPEN):
            for lane in range(LANES):
                sums[lane] = 1 << (shift - 1)
            for i in range(width):
                factor: int32_t = vectors[width * index + i]
                row: cython.pointer(cython.const[int16_t]) = mix + LANES * (width * m + i)
                for lane in range(LANES):
                    sums[lane] += factor * row[lane]
            for lane in range(LANES):
                rows[OPEN * m + index].lane[lane] = sums[lane] >> shift


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scale_rows(
    rows: cython.pointer(Row),
    numbers: cython.pointer(cython.const[int8_t]),
    scale: cython.pointer(cython.const[int16_t]),
    count: cython.int,
    shift: cython.int,
) -> cython.void:
    """Add to each row its numbers, each lane times its scale."""
    half: int32_t = 1 << (shift - 1)
    index: cython.int
    lane: cython.int
    for index in range(count):
        for lane in range(LANES):
            rows[index].lane[lane] += (
                cython.cast(int32_t, numbers[LANES * index + lane]) * scale[lane] + half
            ) >> shift


@cython.cfunc
def _load_head(index: cython.int, numbers: object) -> cython.int:
    head: cython.pointer(Head) = cython.address(heads_of_network[index])
    unit: cython.int
    lane: cython.int
    for unit in range(HIDDEN):
        for lane in range(LANES):
            at: cython.int = (index * LANES + lane) * HIDDEN + unit
            weight = 0.0 if lane == LANES - 1 else numbers["W1"][at]
            head.w1[unit][lane] = max(-32767, min(32767, round(weight * 128)))
        head.b1[unit] = round(numbers["B1"][index * HIDDEN + unit] * 128 * 128)
        head.w2[unit] = numbers["W2"][index * HIDDEN + unit] * VALUE_OF_LOGIT / (128 * 128)
    head.b2 = numbers["B2"][index] * VALUE_OF_LOGIT
    head.wl = numbers["WL"][index] * VALUE_OF_LOGIT / 128
    return 0
