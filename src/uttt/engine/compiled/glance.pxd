# The evaluation that needs no network.

from uttt.engine.compiled.board cimport Board

cdef int glance(Board *board) noexcept nogil
