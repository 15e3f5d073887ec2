#define _GNU_SOURCE
#include "penstock_shim.h"
#include <errno.h>
#include <fcntl.h>

int penstock_preallocate(int descriptor, int64_t byteCount) {
#if defined(__linux__)
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, byteCount);
#else
    (void)descriptor;
    (void)byteCount;
    errno = ENOTSUP;
    return -1;
#endif
}
