# The rows of the network, and their sizes (docs/network-format.md).

from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t

cdef enum:
    LANES = 32
    HIDDEN = 16
    OPEN = 11093            # patterns of a sub-board that nobody has decided
    HOPES = 19683           # patterns of the macro board, seen by one side
    STATES = 9              # 3 * own need + their need of a sub-board
    VALUE_OF_LOGIT = 400    # values of positions are ints, this many to a logit
    MOST_VALUE = 20000      # of an evaluation; what is beyond is proved

ctypedef struct Row:
    int16_t lane[LANES]

ctypedef struct Head:
    int16_t w1[HIDDEN][LANES]   # in 128ths
    int32_t b1[HIDDEN]          # in 128ths of 128ths, as the hidden sums
    float w2[HIDDEN]            # for hidden sums, to values
    float b2
    float wl                    # for lane 31

cdef uint16_t[512] pattern_of   # of a set of cells, the sum of 3^cell
cdef uint16_t[19683] index_of   # of an open pattern, its number among them
cdef uint8_t[177147] needs      # of hopes and sub-board
cdef bint loaded             # whether there is a network in them
cdef Row *table                 # [9][STATES][OPEN]
cdef Row *forward_rows          # [9][OPEN]
cdef Row *macro_rows            # [2][HOPES]
cdef Row[82] constraint_rows
cdef Row[27] decided_rows
cdef Row bias_row
cdef Row no_row
cdef int[10] head_of            # of the number of decided sub-boards
cdef Head[10] heads_of_network
