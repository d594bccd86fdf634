# Which moves there are, and in which order they are tried.

from libc.stdint cimport int16_t, uint8_t
from uttt.engine.compiled.board cimport Board
from uttt.engine.compiled.tree cimport Search

cdef enum:
    QUIET = 1000        # moves with a promise below are quiet

cdef int winning_move(Board *board) noexcept nogil
cdef int hopes(Board *board) noexcept nogil
cdef int threats(Board *board, int player) noexcept nogil
cdef int is_safe(Board *board, int move, int threats) noexcept nogil
cdef void promise_all(Search *s, int ply, uint8_t *moves, int *promises, int count, int best) noexcept nogil
cdef void reward(Search *s, int ply, int depth, int move, uint8_t *tried, int count) noexcept nogil
