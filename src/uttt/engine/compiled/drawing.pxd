# How likely a draw is, by the lines that are left.

from uttt.engine.compiled.board cimport Board

cdef int draw_chance(Board *board) noexcept nogil
