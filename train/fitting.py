"""Learning: passes over records, in which every record changes the weights, without the GIL.

Never the network's arithmetic (`layers`), files or schedules.
"""

import cython
from cython.cimports.libc.math import expf, log, sqrtf
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.train.layers import (
    FORWARD,
    LANES,
    MACRO,
    PATTERN,
    PATTERNS,
    SHARED,
    SIZE,
    WIDTH,
    Pass,
    Record,
    add,
    back_through_head,
    backward,
    forward,
)

_BATCH = cython.declare(cython.int, 64)


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
    weights: cython.p_float,
    squares: cython.p_float,
    slopes: cython.p_const_float,
    count: cython.int,
    rate: cython.float,
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
    slopes: cython.p_float = cython.cast(
        cython.p_float, calloc(SHARED, cython.sizeof(cython.float))
    )
    if slopes is cython.NULL:
        raise MemoryError
    all_records: cython.pointer(cython.const[Record]) = cython.cast(
        cython.pointer(cython.const[Record]), cython.address(records[0])
    )
    target: cython.p_float = cython.address(weights[0])
    sums: cython.p_float = cython.address(squares[0])
    with cython.nogil:
        _learn_all(
            target, sums, all_records + first, last - first, seed, rate, final_rate, trust, slopes
        )
    free(slopes)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_all(
    weights: cython.p_float,
    squares: cython.p_float,
    records: cython.pointer(cython.const[Record]),
    count: cython.Py_ssize_t,
    seed: uint64_t,
    rate: cython.float,
    final_rate: cython.float,
    trust: cython.float,
    slopes: cython.p_float,
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
        back_through_head(weights, cython.address(seen), slope, slopes, 0.02)
        backward(weights, cython.address(seen), slopes)
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
    weights: cython.float[::1],
    records: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    trust: cython.float,
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


def logit(
    weights: cython.float[::1], record: cython.const[cython.uchar][::1], symmetry: int = 0
) -> float:
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
    weights: cython.float[::1],
    record: cython.const[cython.uchar][::1],
    trust: cython.float,
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
    back_through_head(cython.address(weights[0]), cython.address(seen), slope, target, 0)
    backward(cython.address(weights[0]), cython.address(seen), target)
    board: cython.int
    for board in range(9):
        if seen.boards[board] < PATTERNS:
            add(target + PATTERN + WIDTH * seen.boards[board], seen.vectors[board], WIDTH)
    if seen.forced < 9:
        add(target + FORWARD + LANES * seen.boards[seen.forced], seen.back, LANES)
    for board in range(2):
        add(target + MACRO + LANES * (PATTERNS * board + seen.hopes[board]), seen.back, LANES)
