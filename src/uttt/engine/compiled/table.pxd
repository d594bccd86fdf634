# The transposition table: its entries and what is done with them.

from libc.stdint cimport int8_t, int16_t, uint8_t, uint64_t

cdef enum:
    AT_LEAST = 1        # Entry.bound
    AT_MOST = 2
    EXACT = 3
    NO_MOVE = 255
    UNKNOWN_LOOK = -32000
    WON = 30000         # a win is worth WON minus the plies to it
    FORCED = 29000      # values beyond are wins or losses by force

ctypedef struct Entry:
    uint64_t key
    int16_t value
    int16_t look
    uint8_t move
    int8_t depth
    uint8_t bound
    uint8_t age

ctypedef struct Table:
    Entry *entries
    uint64_t last       # index of the last bucket of four entries
    uint8_t age

cdef int reserve(Table *table, int megabytes) except -1
cdef void release(Table *table) noexcept
cdef void clear(Table *table) noexcept
cdef void expect(Table *table, uint64_t key) noexcept nogil
cdef Entry *find(Table *table, uint64_t key) noexcept nogil
cdef int value_here(int value, int ply) noexcept nogil
cdef void keep(Table *table, uint64_t key, int ply, int depth, int value, int look,
               int bound, int move) noexcept nogil
