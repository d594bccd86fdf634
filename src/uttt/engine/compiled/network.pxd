# What the search needs of the network (docs/network-format.md), and its structures.

from libc.stdint cimport int16_t, int32_t, uint16_t
from uttt.engine.compiled.board cimport Board

cdef enum:
    LANES = 32
    HIDDEN = 16
    VALUE_OF_LOGIT = 400    # values of positions are ints, this many to a logit
    MOST_VALUE = 20000      # of an evaluation; what is beyond is proved

ctypedef struct Row:
    int16_t lane[LANES]

ctypedef struct Lanes:      # the sums over the sub-boards, for each player as the side to move
    Row view[2]
    int known[2]

ctypedef struct Head:
    int16_t w1[HIDDEN][LANES]   # in 128ths
    int32_t b1[HIDDEN]          # in 128ths of 128ths, as the hidden sums
    float w2[HIDDEN]            # for hidden sums, to values
    float b2
    float wl                    # for lane 31

cdef Row *rows              # of each sub-board 19,686: its patterns; own, theirs, drawn
cdef Row *forward_rows      # of each forced sub-board 19,683
cdef Row *macro_rows        # 19,683 for the hopes of the side to move, as many for the other's
cdef Row[10] constraint_rows
cdef Row bias_row

cdef bint is_loaded() noexcept nogil
cdef void refresh(Board *board, Lanes *lanes, int view) noexcept nogil
cdef void update(Board *before, Board *after, int place,
                 Lanes *old, Lanes *lanes, int view) noexcept nogil
cdef int evaluate(Board *board, Lanes *lanes) noexcept nogil
