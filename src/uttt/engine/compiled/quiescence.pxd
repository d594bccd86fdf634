# The search of takes only.

from uttt.engine.compiled.tree cimport Search

cdef int quiesce(Search *s, int ply, int alpha, int beta, int taken) noexcept nogil
