# What the modules of the core share of the board: its structure, its tables, its functions.

from libc.stdint cimport uint8_t, uint16_t, uint64_t

cdef enum:
    FREE = 9            # Board.forced if any open sub-board may be played in
    FULL = 511          # nine bits
    ONGOING = 0         # Board.result; 1 and 2: won by the first or second player
    DRAWN = 3

ctypedef struct Board:
    uint64_t key            # equal for equal positions of the same ruleset
    uint16_t marks[2][9]    # of the first and second player, 9 bits a sub-board
    uint16_t won[2]         # sub-boards won by each
    uint16_t closed         # sub-boards that no move may enter
    uint8_t turn            # 0 or 1
    uint8_t forced          # sub-board of the next move, or FREE
    uint8_t plies
    uint8_t result
    uint8_t won_boards_close
    uint8_t most_boards_wins

cdef uint8_t[512] HAS_LINE     # whether a set of nine holds a line
cdef uint16_t[512] COMPLETING  # the places, taken or not, that would complete a line of the set
cdef uint8_t[512] COUNT        # how many bits are set

cdef void play(Board *before, Board *after, int move) noexcept nogil
cdef int list_moves(Board *board, uint8_t *moves) noexcept nogil
cdef void set_board(Board *board, object position) except *
