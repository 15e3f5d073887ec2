// Writes past the page cache through io_uring: several in flight, in any order of completion.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A queue of writes that the kernel works on. Belongs to one thread at a time.
typedef struct penstock_ring penstock_ring;

/// A piece of memory and its place in a file.
typedef struct {
    const void *bytes;
    size_t count;
    int64_t position;
} penstock_ring_block;

/// Opens a ring with room for `depth` writes, 1 to 64; null and `*error` (an errno) where the kernel or the site's policy refuses it.
penstock_ring *penstock_ring_open(unsigned depth, int *error);

/// Writes all of the blocks, whose addresses, lengths and positions are multiples of `alignment`; 0, or an errno.
///
/// Blocks that follow each other in the file are brought together, and long ones cut, to writes of `pieceBytes` (a multiple of
/// `alignment`), of which as many as the ring is deep are in flight. A write that ends short goes on from there; EIO where
/// that is not aligned. When this returns, none is in flight any more, whatever happened.
int penstock_ring_write(penstock_ring *ring, int descriptor, const penstock_ring_block *blocks, size_t blockCount,
                        size_t pieceBytes, size_t alignment);

/// Closes a ring.
void penstock_ring_close(penstock_ring *ring);
