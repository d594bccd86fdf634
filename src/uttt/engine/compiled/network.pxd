# What the search needs of the network (docs/network-format.md), and its structures.

from uttt.engine.compiled.board cimport Board
from uttt.engine.compiled.rows cimport Row

ctypedef struct Lanes:      # the sums over the sub-boards, for each player as the side to move
    Row view[2]
    int known[2]

cdef bint is_loaded() noexcept nogil
cdef void refresh(Board *board, Lanes *lanes, int view) noexcept nogil
cdef void update(Board *before, Board *after, int place,
                 Lanes *old, Lanes *lanes, int view) noexcept nogil
cdef int evaluate(Board *board, Lanes *lanes) noexcept nogil
