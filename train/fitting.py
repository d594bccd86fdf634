"""The network while it is trained: forward, backward, and the pass over records, without the GIL.

All weights are one vector of floats, laid out in `fitting.pxd`. Pattern vectors and the rows of the
macro board are sums of a free part and of shared parts (their cells, their lines), so that what is
seen rarely learns from what is seen often; the file of the network holds the sums. Never files,
schedules, or the engine's own integer arithmetic.
"""

from array import array

import cython
from cython.cimports.libc.math import expf, log, sqrtf
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free
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
_LINE_CELLS = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))


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


def layout() -> dict[str, slice]:
    """Where each part stands in the vector of weights, by the names of `fitting.pxd`, in its order.

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
    return {name: slice(start, end) for (name, start), end in zip(starts.items(), ends, strict=True)}


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


def whole_rows(weights: cython.float[::1]) -> tuple[array[float], array[float], array[float]]:
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
        _embed(source, pattern, cython.address(into[WIDTH * pattern]))
        at = LANES * pattern
        _add(cython.address(into_forced[at]), source + FORWARD + at, LANES)
        _add_cells(source, FORWARD_CELL, pattern, cython.address(into_forced[at]))
        for i in range(2):
            at = LANES * (PATTERNS * i + pattern)
            _add(cython.address(into_macro[at]), source + MACRO + at, LANES)
            _add_cells(source, MACRO_CELL + 27 * LANES * i, pattern, cython.address(into_macro[at]))
    return vectors, forced, macro


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _look(record: cython.pointer(cython.const[Record]), symmetry: cython.int, seen: cython.pointer(Pass)) -> cython.void:
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


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _add(target: cython.p_float, source: cython.p_const_float, count: cython.int) -> cython.void:
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _embed(weights: cython.p_const_float, pattern: cython.int, vector: cython.p_float) -> cython.void:
    i: cython.int
    state: cython.int
    for i in range(WIDTH):
        vector[i] = weights[PATTERN + WIDTH * pattern + i]
    for i in range(9):
        state = _digits[9 * pattern + i]
        if state:
            _add(vector, weights + CELL + WIDTH * (3 * i + state), WIDTH)
    for i in range(8):
        _add(vector, weights + LINE + WIDTH * (27 * i + _lines[8 * pattern + i]), WIDTH)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _add_cells(
    weights: cython.p_const_float, cells: cython.int, pattern: cython.int, lanes: cython.p_float
) -> cython.void:
    i: cython.int
    state: cython.int
    for i in range(9):
        state = _digits[9 * pattern + i]
        if state:
            _add(lanes, weights + cells + LANES * (3 * i + state), LANES)


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
    _add(lanes, weights + _constraint(seen), LANES)
    for board in range(9):
        pattern = seen.boards[board]
        if pattern >= PATTERNS:
            _add(lanes, weights + DECIDED + LANES * (3 * board + pattern - PATTERNS), LANES)
            continue
        _embed(weights, pattern, seen.vectors[board])
        i = STATES * board + seen.states[board]
        _add_mixed(lanes, seen.vectors[board], weights + MIX + i * WIDTH * LANES)
    if seen.forced < 9:
        pattern = seen.boards[seen.forced]
        _add_mixed(
            lanes, seen.vectors[seen.forced], weights + FORWARD_MIX + seen.forced * WIDTH * LANES
        )
        _add(lanes, weights + FORWARD + LANES * pattern, LANES)
        _add_cells(weights, FORWARD_CELL, pattern, lanes)
    for i in range(2):
        _add(lanes, weights + MACRO + LANES * (PATTERNS * i + seen.hopes[i]), LANES)
        _add_cells(weights, MACRO_CELL + 27 * LANES * i, seen.hopes[i], lanes)


def forward(weights, record, symmetry, seen):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _back_through_head(
    weights: cython.p_const_float, seen: cython.pointer(Pass), slope: cython.float, shared: cython.p_float,
    leak: cython.float,
) -> cython.void:
    """Fill `seen.back`. A clipped lane gets `leak` of a gradient that would bring it back."""
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
    mix: cython.p_const_float, vector: cython.p_const_float, back: cython.p_const_float,
    into_mix: cython.p_float, into_vector: cython.p_float,
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


def backward(weights, seen, slope, shared):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Add the gradients of what is shared to `shared`; those of rows are left in `seen`.

    `slope`: the derivative of the loss by the logit. The gradient of a pattern's vector takes the
    vector's place in `seen.vectors`; that of the other rows is `seen.back`.
    """
    board: cython.int
    pattern: cython.int
    i: cython.int
    turn: cython.float[16]
    back: cython.p_float = seen.back
    _add(shared + BIAS, back, LANES)
    _add(shared + _constraint(seen), back, LANES)
    for board in range(9):
        pattern = seen.boards[board]
        if pattern >= PATTERNS:
            _add(shared + DECIDED + LANES * (3 * board + pattern - PATTERNS), back, LANES)
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
                _add(shared + CELL + WIDTH * (3 * i + _digits[9 * pattern + i]), turn, WIDTH)
        for i in range(8):
            _add(shared + LINE + WIDTH * (27 * i + _lines[8 * pattern + i]), turn, WIDTH)
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
            _add(shared + cells + LANES * (3 * i + _digits[9 * pattern + i]), back, LANES)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _wanted(record: cython.pointer(cython.const[Record]), trust: cython.float) -> cython.float:
    """The chance to aim at: `trust` parts of the search's score, the rest the game's result."""
    searched: cython.float = 1 / (1 + expf(-record.score / cython.cast(cython.float, 400)))
    return trust * searched + (1 - trust) * (record.result + 1) * cython.cast(cython.float, 0.5)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _chance(logit: cython.float) -> cython.float:
    return 1 / (1 + expf(-logit))


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _learn(
    weights: cython.p_float, squares: cython.p_float, slopes: cython.p_const_float,
    count: cython.int, rate: cython.float,
) -> cython.void:
    """Adagrad (Duchi, Hazan and Singer 2011): each weight has the sum of its squared slopes."""
    i: cython.int
    for i in range(count):
        squares[i] += slopes[i] * slopes[i]
        weights[i] -= rate * slopes[i] / sqrtf(squares[i])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_rows(
    weights: cython.p_float, squares: cython.p_float, seen: cython.pointer(Pass), rate: cython.float
) -> cython.void:
    board: cython.int
    at: cython.int
    for board in range(9):
        if seen.boards[board] < PATTERNS:
            at = PATTERN + WIDTH * seen.boards[board]
            _learn(weights + at, squares + at, seen.vectors[board], WIDTH, rate)
    if seen.forced < 9:
        at = FORWARD + LANES * seen.boards[seen.forced]
        _learn(weights + at, squares + at, seen.back, LANES, rate)
    for board in range(2):
        at = MACRO + LANES * (PATTERNS * board + seen.hopes[board])
        _learn(weights + at, squares + at, seen.back, LANES, rate)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_shared(
    weights: cython.p_float, squares: cython.p_float, slopes: cython.p_float, rate: cython.float
) -> cython.void:
    """A step by the mean of a batch; leaves the sums at zero for the next."""
    i: cython.int
    slope: cython.float
    scale: cython.float = cython.cast(cython.float, 1) / _BATCH
    tiny: cython.float = 1e-12
    for i in range(SHARED):
        slope = slopes[i] * scale
        slopes[i] = 0
        squares[i] += slope * slope
        weights[i] -= rate * slope / sqrtf(squares[i] + tiny)


def learn(
    weights: cython.float[::1],
    squares: cython.float[::1],
    records: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    seed: cython.ulonglong,
    rate: cython.float,
    final_rate: cython.float,
    trust: cython.float,
) -> None:
    """One pass over records `first` to `last` - 1, in random order, each turned at random.

    The order draws with replacement. Two threads may learn into the same weights at once: they
    rarely touch the same rows, and lose little where they do (Recht and others 2011, "Hogwild").
    `rate` falls linearly to `final_rate`. Without the GIL. Raises MemoryError, or ValueError if an
    array is too short or a record is none.
    """
    _check(weights, squares, records, last)
    slopes: cython.p_float = cython.cast(cython.p_float, calloc(SHARED, cython.sizeof(cython.float)))
    if slopes is cython.NULL:
        raise MemoryError
    all_records: cython.pointer(cython.const[Record]) = cython.cast(
        cython.pointer(cython.const[Record]), cython.address(records[0])
    )
    target: cython.p_float = cython.address(weights[0])
    sums: cython.p_float = cython.address(squares[0])
    with cython.nogil:
        _learn_all(target, sums, all_records + first, last - first, seed, rate, final_rate, trust, slopes)
    free(slopes)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_all(
    weights: cython.p_float, squares: cython.p_float, records: cython.pointer(cython.const[Record]),
    count: cython.Py_ssize_t, seed: uint64_t, rate: cython.float, final_rate: cython.float,
    trust: cython.float, slopes: cython.p_float,
) -> cython.void:
    seen: Pass
    record: cython.pointer(cython.const[Record])
    state: uint64_t = seed * cython.cast(uint64_t, 0x9E3779B97F4A7C15) + 1
    i: cython.Py_ssize_t
    now: cython.float
    for i in range(count):
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        record = records + (state >> 8) % cython.cast(uint64_t, count)
        now = rate + (final_rate - rate) * i / count
        logit: cython.float = forward(weights, record, (state >> 3) & 7, cython.address(seen))
        slope: cython.float = _chance(logit) - _wanted(record, trust)
        _back_through_head(weights, cython.address(seen), slope, slopes, 0.02)
        backward(weights, cython.address(seen), slope, slopes)
        _learn_rows(weights, squares, cython.address(seen), now)
        if i % _BATCH == _BATCH - 1:
            _learn_shared(weights, squares, slopes, now / 2)


def _check(weights: object, squares: object, records: object, last: int) -> None:
    """Raise ValueError rather than read beyond an array."""
    if len(weights) != SIZE or len(squares) != SIZE:
        raise ValueError(f"the network has {SIZE} weights")
    if len(records) < last * cython.sizeof(Record) or not last:
        raise ValueError("fewer records than that")


def measure(
    weights: cython.float[::1], records: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t, last: cython.Py_ssize_t, trust: cython.float,
) -> tuple[float, float, float]:
    """Mean over records `first` to `last` - 1, unturned: loss, and two mean squared errors.

    Loss is the cross entropy in nats; the errors are those against the result and the score.
    """
    _check(weights, weights, records, last)
    all_records: cython.pointer(cython.const[Record]) = cython.cast(
        cython.pointer(cython.const[Record]), cython.address(records[0])
    )
    seen: Pass
    loss: cython.double = 0
    by_result: cython.double = 0
    by_score: cython.double = 0
    i: cython.Py_ssize_t
    for i in range(first, last):
        chance: cython.double = _chance(
            forward(cython.address(weights[0]), all_records + i, 0, cython.address(seen))
        )
        chance = min(max(chance, 1e-6), 1 - 1e-6)
        wanted: cython.double = _wanted(all_records + i, trust)
        loss -= wanted * log(chance) + (1 - wanted) * log(1 - chance)
        by_result += (chance - _wanted(all_records + i, 0)) ** 2
        by_score += (chance - _wanted(all_records + i, 1)) ** 2
    count: cython.double = last - first
    return loss / count, by_result / count, by_score / count


def logit(weights: cython.float[::1], record: cython.const[cython.uchar][::1], symmetry: int = 0) -> float:
    """What the network says of one record."""
    _check(weights, weights, record, 1)
    seen: Pass
    return forward(
        cython.address(weights[0]),
        cython.cast(cython.pointer(cython.const[Record]), cython.address(record[0])),
        symmetry,
        cython.address(seen),
    )


def slopes(
    weights: cython.float[::1], record: cython.const[cython.uchar][::1], trust: cython.float,
    into: cython.float[::1],
) -> None:
    """Add the derivative of one record's loss by each weight to `into`, without any leak."""
    _check(weights, into, record, 1)
    one: cython.pointer(cython.const[Record]) = cython.cast(
        cython.pointer(cython.const[Record]), cython.address(record[0])
    )
    seen: Pass
    slope: cython.float = _chance(
        forward(cython.address(weights[0]), one, 0, cython.address(seen))
    ) - _wanted(one, trust)
    target: cython.p_float = cython.address(into[0])
    _back_through_head(cython.address(weights[0]), cython.address(seen), slope, target, 0)
    backward(cython.address(weights[0]), cython.address(seen), slope, target)
    board: cython.int
    for board in range(9):
        if seen.boards[board] < PATTERNS:
            _add(target + PATTERN + WIDTH * seen.boards[board], seen.vectors[board], WIDTH)
    if seen.forced < 9:
        _add(target + FORWARD + LANES * seen.boards[seen.forced], seen.back, LANES)
    for board in range(2):
        _add(target + MACRO + LANES * (PATTERNS * board + seen.hopes[board]), seen.back, LANES)
