# The state of a search, and how it goes from ply to ply.

from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t
from uttt.engine.compiled.board cimport Board
from uttt.engine.compiled.network cimport Lanes
from uttt.engine.compiled.table cimport Table

cdef enum:
    DEEPEST = 100
    INFINITE = 32000

ctypedef struct Search:
    # of each ply from the root, that of the root being 0
    Board boards[DEEPEST + 2]
    Lanes lanes[DEEPEST + 2]
    int looks[DEEPEST + 2]
    uint8_t played[DEEPEST + 2]             # the move that led to it
    uint8_t lines[DEEPEST + 2][DEEPEST + 2]
    int lengths[DEEPEST + 2]
    uint8_t killers[DEEPEST + 2][2]
    # of the whole search
    int16_t history[2][81]
    int16_t replies[2][81][81]              # of the move before, then the move
    Table table
    uint64_t nodes
    uint64_t most_nodes                     # 0: no limit
    int64_t deadline                        # ns of the clock, 0: none
    int clock                               # of clock_gettime
    int stopped
    uint64_t solve_nodes                    # where the exact search of endings gives up
    int64_t solve_deadline
    int gave_up
    int uses_network
    int contempt                            # by how much `proud` values a draw below an even match
    int proud                               # 0 or 1: the side to move of the root

cdef int64_t now(int clock) noexcept nogil
cdef int must_stop(Search *s) noexcept nogil
cdef int gives_up(Search *s) noexcept nogil
cdef int drawn(Search *s, int ply) noexcept nogil
cdef int ended(Search *s, int ply) noexcept nogil
cdef void enter(Search *s, int ply, int move) noexcept nogil
cdef int look(Search *s, int ply) noexcept nogil
cdef void take_line(Search *s, int ply, int move) noexcept nogil
