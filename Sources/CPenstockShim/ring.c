#define _GNU_SOURCE
#include "penstock_ring.h"
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/uio.h>

#define PARTS_PER_PIECE 64
#define DEEPEST 64

// A write in flight, or a free place for one.
typedef struct {
    struct iovec parts[PARTS_PER_PIECE];
    unsigned first, count;
    size_t left;
    int64_t position;
} piece;

struct penstock_ring {
    struct io_uring uring;
    unsigned depth;
    unsigned freeCount;
    unsigned freePieces[DEEPEST];
    piece pieces[DEEPEST];
};

// What is left to be made into pieces.
typedef struct {
    const penstock_ring_block *blocks;
    size_t blockCount, block, done;
} source;

penstock_ring *penstock_ring_open(unsigned depth, int *error) {
    if (depth < 1 || depth > DEEPEST) {
        *error = EINVAL;
        return NULL;
    }
    penstock_ring *ring = malloc(sizeof *ring);
    if (!ring) {
        *error = ENOMEM;
        return NULL;
    }
    int result = io_uring_queue_init(depth, &ring->uring, 0);
    if (result < 0) {
        *error = -result;
        free(ring);
        return NULL;
    }
    ring->depth = depth;
    ring->freeCount = depth;
    for (unsigned i = 0; i < depth; i++) ring->freePieces[i] = i;
    return ring;
}

void penstock_ring_close(penstock_ring *ring) {
    io_uring_queue_exit(&ring->uring);
    free(ring);
}

// Fills a piece with what comes next and is contiguous in the file; 0 where nothing is left.
static int take_piece(source *source, piece *piece, size_t pieceBytes) {
    piece->first = piece->count = 0;
    piece->left = 0;
    while (source->block < source->blockCount && piece->left < pieceBytes && piece->count < PARTS_PER_PIECE) {
        const penstock_ring_block *block = &source->blocks[source->block];
        int64_t position = block->position + (int64_t)source->done;
        if (piece->count > 0 && piece->position + (int64_t)piece->left != position) break;
        if (piece->count == 0) piece->position = position;
        size_t count = block->count - source->done;
        if (count > pieceBytes - piece->left) count = pieceBytes - piece->left;
        if (count > 0) {
            piece->parts[piece->count++] = (struct iovec){(char *)block->bytes + source->done, count};
            piece->left += count;
            source->done += count;
        }
        if (source->done == block->count) {
            source->block++;
            source->done = 0;
        }
    }
    return piece->count > 0;
}

// The ring has at least as many entries as there are pieces, so there always is one.
static void prepare(penstock_ring *ring, int descriptor, unsigned index) {
    piece *piece = &ring->pieces[index];
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);
    io_uring_prep_writev(entry, descriptor, piece->parts + piece->first, piece->count - piece->first,
                         (unsigned long long)piece->position);
    io_uring_sqe_set_data64(entry, index);
}

// Passes over the bytes that were written; 0, or EIO where the rest cannot be written in whole blocks.
static int pass_over(piece *piece, size_t written, size_t alignment) {
    if (written == 0 || written > piece->left || written % alignment != 0) return EIO;
    piece->left -= written;
    piece->position += (int64_t)written;
    while (written > 0) {
        struct iovec *part = &piece->parts[piece->first];
        size_t count = written < part->iov_len ? written : part->iov_len;
        part->iov_base = (char *)part->iov_base + count;
        part->iov_len -= count;
        written -= count;
        if (part->iov_len == 0) piece->first++;
    }
    return 0;
}

int penstock_ring_write(penstock_ring *ring, int descriptor, const penstock_ring_block *blocks, size_t blockCount,
                        size_t pieceBytes, size_t alignment) {
    source source = {blocks, blockCount, 0, 0};
    unsigned flying = 0;
    int error = 0;
    for (;;) {
        while (!error && ring->freeCount > 0) {
            unsigned index = ring->freePieces[ring->freeCount - 1];
            if (!take_piece(&source, &ring->pieces[index], pieceBytes)) break;
            ring->freeCount--;
            prepare(ring, descriptor, index);
            flying++;
        }
        if (flying == 0) return error;
        // What the kernel does not take now stays in the queue for the next turn.
        int submitted = io_uring_submit_and_wait(&ring->uring, 1);
        // Anything else is a mistake of ours, and going on would give memory back that the kernel may still read.
        if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY) abort();
        struct io_uring_cqe *entry;
        while (io_uring_peek_cqe(&ring->uring, &entry) == 0) {
            unsigned index = (unsigned)io_uring_cqe_get_data64(entry);
            int result = entry->res;
            io_uring_cqe_seen(&ring->uring, entry);
            piece *piece = &ring->pieces[index];
            int failure = 0;
            if (result >= 0)
                failure = pass_over(piece, (size_t)result, alignment);
            else if (result != -EINTR && result != -EAGAIN)
                failure = -result;
            if (failure && !error) error = failure;
            if (!error && piece->left > 0) {
                prepare(ring, descriptor, index);
            } else {
                ring->freePieces[ring->freeCount++] = index;
                flying--;
            }
        }
    }
}
