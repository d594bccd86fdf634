"""The network while it is trained: forward and backward, in floats and without the GIL.

All weights are one vector, laid out in `layers.pxd`. Pattern vectors and the rows of the macro
board are sums of a free part and of shared parts (their cells, their lines), so that what is seen
rarely learns from what is seen often; the file of the network holds the sums. Never how weights
change, nor the engine's own integer arithmetic.
"""

import cython
from cython.cimports.libc.string import memset

from train import patterns

if not cython.compiled:
    raise ImportError("the trainer is not compiled: python -m train.build")

_BATCH = cython.declare(cython.int, 64)
_digits = cython.declare(cython.uchar[177147])  # [PATTERNS][9]
_lines = cython.declare(cython.uchar[157464])  # [PATTERNS][8], each 0..26
_turned = cython.declare(cython.ushort[157464])  # [8][PATTERNS]
_places = cython.declare(cython.uchar[72])  # [8][9]
_needs = cython.declare(cython.uchar[177147])  # [PATTERNS][9]
_POWERS = cython.declare(cython.int[9])
_LINE_CELLS = (
    (0, 1, 2),
    (3, 4, 5),
    (6, 7, 8),
    (0, 3, 6),
    (1, 4, 7),
    (2, 5, 8),
    (0, 4, 8),
    (2, 4, 6),
)


def _fill_tables() -> None:
    for cell in range(9):
        _POWERS[cell] = 3**cell
        for symmetry in range(8):
            _places[9 * symmetry + cell] = patterns.turned_cell(symmetry, cell)
    for pattern in range(PATTERNS):
        states = patterns.digits(pattern)
        for cell in range(9):
            _digits[9 * pattern + cell] = states[cell]
            _needs[9 * pattern + cell] = patterns.need(pattern, cell)
        for line, cells in enumerate(_LINE_CELLS):
            _lines[8 * pattern + line] = sum(3**i * states[c] for i, c in enumerate(cells))
        for symmetry in range(8):
            _turned[PATTERNS * symmetry + pattern] = patterns.turned_pattern(symmetry, pattern)


_fill_tables()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _look(
    record: cython.pointer(cython.const[Record]), symmetry: cython.int, seen: cython.pointer(Pass)
) -> cython.void:
    """Turn the record, and see what each side still can do on the macro board."""
    place: cython.int
    board: cython.int
    pattern: cython.int
    decided: cython.int = 0
    seen.hopes[0] = 0
    seen.hopes[1] = 0
    for board in range(9):
        place = _places[9 * symmetry + board]
        pattern = record.boards[board]
        if pattern < PATTERNS:
            seen.boards[place] = _turned[PATTERNS * symmetry + pattern]
            continue
        seen.boards[place] = pattern
        decided += 1
        seen.hopes[0] += _POWERS[place] * (1 if pattern == PATTERNS else 2)
        seen.hopes[1] += _POWERS[place] * (1 if pattern == PATTERNS + 1 else 2)
    for board in range(9):
        seen.states[board] = (
            3 * _needs[9 * seen.hopes[0] + board] + _needs[9 * seen.hopes[1] + board]
        )
    seen.forced = 9 if record.forced == 9 else _places[9 * symmetry + record.forced]
    seen.head = decided * HEADS // 10


def add(target, source, count):
    i: cython.int
    for i in range(count):
        target[i] += source[i]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _add_mixed(
    lanes: cython.p_float, vector: cython.p_const_float, mix: cython.p_const_float
) -> cython.void:
    i: cython.int
    k: cython.int
    row: cython.p_const_float
    for i in range(WIDTH):
        row = mix + LANES * i
        for k in range(LANES):
            lanes[k] += vector[i] * row[k]


def embed(weights, pattern, vector):
    i: cython.int
    state: cython.int
    for i in range(WIDTH):
        vector[i] = weights[PATTERN + WIDTH * pattern + i]
    for i in range(9):
        state = _digits[9 * pattern + i]
        if state:
            add(vector, weights + CELL + WIDTH * (3 * i + state), WIDTH)
    for i in range(8):
        add(vector, weights + LINE + WIDTH * (27 * i + _lines[8 * pattern + i]), WIDTH)


def add_cells(weights, cells, pattern, lanes):
    i: cython.int
    state: cython.int
    for i in range(9):
        state = _digits[9 * pattern + i]
        if state:
            add(lanes, weights + cells + LANES * (3 * i + state), LANES)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _constraint(seen: cython.pointer(Pass)) -> cython.int:
    """Where the row of the forced board stands."""
    if seen.forced == 9:
        return CONSTRAINT + LANES * 9 * STATES
    return CONSTRAINT + LANES * (STATES * seen.forced + seen.states[seen.forced])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _sum_lanes(weights: cython.p_const_float, seen: cython.pointer(Pass)) -> cython.void:
    lanes: cython.p_float = seen.lanes
    board: cython.int
    pattern: cython.int
    i: cython.int
    for i in range(LANES):
        lanes[i] = weights[BIAS + i]
    add(lanes, weights + _constraint(seen), LANES)
    for board in range(9):
        pattern = seen.boards[board]
        if pattern >= PATTERNS:
            add(lanes, weights + DECIDED + LANES * (3 * board + pattern - PATTERNS), LANES)
            continue
        embed(weights, pattern, seen.vectors[board])
        i = STATES * board + seen.states[board]
        _add_mixed(lanes, seen.vectors[board], weights + MIX + i * WIDTH * LANES)
    if seen.forced < 9:
        pattern = seen.boards[seen.forced]
        _add_mixed(
            lanes, seen.vectors[seen.forced], weights + FORWARD_MIX + seen.forced * WIDTH * LANES
        )
        add(lanes, weights + FORWARD + LANES * pattern, LANES)
        add_cells(weights, FORWARD_CELL, pattern, lanes)
    for i in range(2):
        add(lanes, weights + MACRO + LANES * (PATTERNS * i + seen.hopes[i]), LANES)
        add_cells(weights, MACRO_CELL + 27 * LANES * i, seen.hopes[i], lanes)


def forward(weights, record, symmetry, seen):
    """The logit of a record; `seen` holds all that the way back needs."""
    _look(record, symmetry, seen)
    _sum_lanes(weights, seen)
    head: cython.p_const_float = weights + HEAD + HEAD_SIZE * seen.head
    k: cython.int
    j: cython.int
    for k in range(LANES):
        seen.clipped[k] = min(max(seen.lanes[k], cython.cast(cython.float, 0)), 1)
    for j in range(HIDDEN):
        seen.hidden[j] = head[B1 + j]
    for k in range(LANES - 1):
        for j in range(HIDDEN):
            seen.hidden[j] += seen.clipped[k] * head[W1 + HIDDEN * k + j]
    logit: cython.float = head[B2] + head[WL] * seen.lanes[LANES - 1]
    for j in range(HIDDEN):
        logit += max(seen.hidden[j], cython.cast(cython.float, 0)) * head[W2 + j]
    return logit


def back_through_head(weights, seen, slope, shared, leak):
    """Fill `seen.back`, and add the gradients of the head to `shared`.

    `slope`: the derivative of the loss by the logit. A clipped lane gets `leak` of a gradient that
    would bring it back.
    """
    head: cython.p_const_float = weights + HEAD + HEAD_SIZE * seen.head
    into: cython.p_float = shared + HEAD + HEAD_SIZE * seen.head
    back: cython.float[16]
    total: cython.float
    lane: cython.float
    k: cython.int
    j: cython.int
    for j in range(HIDDEN):
        back[j] = slope * head[W2 + j] if seen.hidden[j] > 0 else 0
        into[W2 + j] += slope * max(seen.hidden[j], cython.cast(cython.float, 0))
        into[B1 + j] += back[j]
    into[B2] += slope
    into[WL] += slope * seen.lanes[LANES - 1]
    for k in range(LANES - 1):
        total = 0
        for j in range(HIDDEN):
            total += back[j] * head[W1 + HIDDEN * k + j]
            into[W1 + HIDDEN * k + j] += back[j] * seen.clipped[k]
        lane = seen.lanes[k]
        if lane <= 0:
            total = leak * total if total < 0 else 0
        elif lane >= 1:
            total = leak * total if total > 0 else 0
        seen.back[k] = total
    seen.back[LANES - 1] = slope * head[WL]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _back_through_mix(
    mix: cython.p_const_float,
    vector: cython.p_const_float,
    back: cython.p_const_float,
    into_mix: cython.p_float,
    into_vector: cython.p_float,
) -> cython.void:
    i: cython.int
    k: cython.int
    total: cython.float
    for i in range(WIDTH):
        total = 0
        for k in range(LANES):
            total += back[k] * mix[LANES * i + k]
            into_mix[LANES * i + k] += vector[i] * back[k]
        into_vector[i] += total


def backward(weights, seen, shared):
    """Add the gradients of what is shared to `shared`; those of rows are left in `seen`.

    After `back_through_head`. The gradient of a pattern's vector takes the vector's place in
    `seen.vectors`; that of the other rows is `seen.back`.
    """
    board: cython.int
    pattern: cython.int
    i: cython.int
    turn: cython.float[16]
    back: cython.p_float = seen.back
    add(shared + BIAS, back, LANES)
    add(shared + _constraint(seen), back, LANES)
    for board in range(9):
        pattern = seen.boards[board]
        if pattern >= PATTERNS:
            add(shared + DECIDED + LANES * (3 * board + pattern - PATTERNS), back, LANES)
            continue
        memset(turn, 0, cython.sizeof(turn))
        i = MIX + (STATES * board + seen.states[board]) * WIDTH * LANES
        _back_through_mix(weights + i, seen.vectors[board], back, shared + i, turn)
        if board == seen.forced:
            i = FORWARD_MIX + board * WIDTH * LANES
            _back_through_mix(weights + i, seen.vectors[board], back, shared + i, turn)
            _back_to_cells(shared, FORWARD_CELL, pattern, back)
        for i in range(9):
            if _digits[9 * pattern + i]:
                add(shared + CELL + WIDTH * (3 * i + _digits[9 * pattern + i]), turn, WIDTH)
        for i in range(8):
            add(shared + LINE + WIDTH * (27 * i + _lines[8 * pattern + i]), turn, WIDTH)
        for i in range(WIDTH):
            seen.vectors[board][i] = turn[i]
    for i in range(2):
        _back_to_cells(shared, MACRO_CELL + 27 * LANES * i, seen.hopes[i], back)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _back_to_cells(
    shared: cython.p_float, cells: cython.int, pattern: cython.int, back: cython.p_const_float
) -> cython.void:
    i: cython.int
    for i in range(9):
        if _digits[9 * pattern + i]:
            add(shared + cells + LANES * (3 * i + _digits[9 * pattern + i]), back, LANES)
