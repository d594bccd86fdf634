"""The transposition table: what was found out about positions that were met before.

Buckets of four entries, a cache line each; keys are kept whole, because proofs rest on them.
Never what the values mean, but that wins and losses are counted from the position itself.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import free
from cython.cimports.libc.string import memset
from cython.cimports.uttt.engine.compiled.memory import prefetch, zeroed


def reserve(table, megabytes):
    """Take the memory: the greatest power of two of buckets that fits."""
    buckets: uint64_t = 1
    while 2 * buckets * 64 <= cython.cast(uint64_t, megabytes) << 20:
        buckets *= 2
    table.entries = cython.cast(cython.pointer(Entry), zeroed(buckets * 4 * cython.sizeof(Entry)))
    if table.entries is cython.NULL:
        raise MemoryError
    table.last = buckets - 1
    table.age = 0
    return 0


def release(table):
    """Give the memory back."""
    free(table.entries)
    table.entries = cython.NULL


def clear(table):
    """Forget everything."""
    memset(table.entries, 0, (table.last + 1) * 4 * cython.sizeof(Entry))
    table.age = 0


def expect(table, key):
    """Have the bucket of a position fetched: it will be looked up soon."""
    prefetch(table.entries + 4 * (key & table.last))


def find(table, key):
    """The entry of a position, NULL if there is none."""
    bucket: cython.pointer(Entry) = table.entries + 4 * (key & table.last)
    i: cython.int
    for i in range(4):
        if bucket[i].key == key and bucket[i].bound != 0:
            if bucket[i].age != table.age:  # a line that is not written to need not be sent back
                bucket[i].age = table.age
            return bucket + i
    return cython.NULL


def value_here(value, ply):
    """A kept value as seen from the root: wins and losses lie `ply` further away."""
    if value > FORCED:
        return value - ply
    if value < -FORCED:
        return value + ply
    return value


def keep(table, key, ply, depth, value, look, bound, move):
    """Keep what was found, in place of the entry that is worth least."""
    bucket: cython.pointer(Entry) = table.entries + 4 * (key & table.last)
    place: cython.pointer(Entry) = bucket
    least: cython.int = 10000
    i: cython.int
    for i in range(4):
        if bucket[i].key == key or bucket[i].bound == 0:
            place = bucket + i
            break
        worth: cython.int = bucket[i].depth - 4 * ((table.age - bucket[i].age) & 255)
        if worth < least:
            least = worth
            place = bucket + i
    if place.key == key and place.bound != 0:
        if move == NO_MOVE:
            move = place.move
        if bound != EXACT and depth < place.depth - 3 and place.age == table.age:
            if value < FORCED and value > -FORCED:
                return
    if value > FORCED:
        value += ply
    elif value < -FORCED:
        value -= ply
    place.key = key
    place.value = value
    place.look = look
    place.move = move
    place.depth = depth
    place.bound = bound
    place.age = table.age
