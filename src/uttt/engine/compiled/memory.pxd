# Memory for what is read at random, and hints that make reading it quicker.

cdef void *zeroed(size_t size) noexcept

cdef extern from *:
    """
    #include <sys/mman.h>
    #ifdef MADV_HUGEPAGE
    #define wish_huge_pages(address, size) madvise(address, size, MADV_HUGEPAGE)
    #else
    #define wish_huge_pages(address, size) 0
    #endif
    #define prefetch(address) __builtin_prefetch(address)
    """
    int wish_huge_pages(void *address, size_t size) noexcept nogil
    void prefetch(void *address) noexcept nogil
