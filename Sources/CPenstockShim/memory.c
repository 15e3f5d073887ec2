#include "penstock_shim.h"
#if defined(__GLIBC__)
#include <malloc.h>
#endif

void penstock_share_heap(int largeBlockBytes) {
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 1);
    // Naming the threshold also stops it from growing.
    mallopt(M_MMAP_THRESHOLD, largeBlockBytes);
#else
    (void)largeBlockBytes;
#endif
}
