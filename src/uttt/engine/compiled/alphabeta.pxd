# The search below its root.

from uttt.engine.compiled.tree cimport Search

cdef void start_tables() noexcept
cdef int descend(Search *s, int ply, int depth, int alpha, int beta) noexcept nogil
