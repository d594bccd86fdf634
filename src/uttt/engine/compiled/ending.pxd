# The exact search of endings.

from uttt.engine.compiled.tree cimport Search

cdef enum:
    UNSOLVED = 9

cdef int solve(Search *s, int ply, int alpha, int beta) noexcept nogil
cdef int room(Search *s) noexcept nogil
