"""Memory for tables that are read at random places.

With pages of 4 kB nearly each read of a table of 64 MB misses the processor's list of pages as well
as its caches; pages of 2 MB are asked for where the system has them. Never what is in the tables.
"""

import cython
from cython.cimports.libc.string import memset
from cython.cimports.posix.stdlib import posix_memalign

_HUGE_PAGE = cython.declare(cython.size_t, 1 << 21)
_CACHE_LINE = cython.declare(cython.size_t, 64)


def zeroed(size):
    """So many bytes of zeros, to be given back by `free`; NULL if there are none left."""
    memory: cython.p_void = cython.NULL
    alignment: cython.size_t = _HUGE_PAGE if size >= _HUGE_PAGE else _CACHE_LINE
    if posix_memalign(cython.address(memory), alignment, size) != 0:
        return cython.NULL
    if size >= _HUGE_PAGE:
        wish_huge_pages(memory, size)
    memset(memory, 0, size)
    return memory
