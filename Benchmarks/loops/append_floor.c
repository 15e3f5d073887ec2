// The floor of an append: the same bytes into one fresh file, with nothing around the writes. Prints the seconds that it took.
//
// append_floor FILE direct|buffered BYTES BATCH_BYTES [durable]: direct are writes past the page cache with four in flight, through
// io_uring, buffered one pwrite after the other. The file is reserved before the clock starts; durable ends every batch with an
// fdatasync. The data cannot be compressed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEPTH 4
#define BUFFERS 16
#define PIECE ((size_t)1 << 20)

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail(const char *what, int code) {
    fprintf(stderr, "append_floor: %s: %s\n", what, strerror(code));
    exit(1);
}

static char *noise(size_t count) {
    void *bytes;
    int code = posix_memalign(&bytes, 4096, count);
    if (code) fail("memory", code);
    static uint64_t state = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i + 8 <= count; i += 8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy((char *)bytes + i, &state, 8);
    }
    return bytes;
}

static void wait_for(struct io_uring *ring, unsigned *flying, unsigned left) {
    while (*flying > left) {
        struct io_uring_cqe *entry;
        int code = io_uring_wait_cqe(ring, &entry);
        if (code) fail("wait", -code);
        if (entry->res < 0) fail("write", -entry->res);
        if (entry->user_data != (uint64_t)entry->res) fail("short write", EIO);
        io_uring_cqe_seen(ring, entry);
        --*flying;
    }
}

static void write_direct(int file, char **buffers, size_t bytes, size_t batch, int durable) {
    struct io_uring ring;
    int code = io_uring_queue_init(DEPTH, &ring, 0);
    if (code) fail("io_uring", -code);
    unsigned flying = 0;
    for (size_t at = 0, number = 0; at < bytes; number++) {
        for (size_t done = 0; done < batch;) {
            size_t count = batch - done < PIECE ? batch - done : PIECE;
            wait_for(&ring, &flying, DEPTH - 1);
            struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
            io_uring_prep_write(entry, file, buffers[number % BUFFERS] + done, (unsigned)count, at);
            io_uring_sqe_set_data64(entry, count);
            io_uring_submit(&ring);
            flying++;
            done += count;
            at += count;
        }
        if (durable) {
            wait_for(&ring, &flying, 0);
            if (fdatasync(file)) fail("fdatasync", errno);
        }
    }
    wait_for(&ring, &flying, 0);
}

static void write_buffered(int file, char **buffers, size_t bytes, size_t batch, int durable) {
    for (size_t at = 0, number = 0; at < bytes; number++, at += batch) {
        for (size_t done = 0; done < batch;) {
            ssize_t count = pwrite(file, buffers[number % BUFFERS] + done, batch - done, (off_t)(at + done));
            if (count < 0) fail("write", errno);
            done += (size_t)count;
        }
        if (durable && fdatasync(file)) fail("fdatasync", errno);
    }
}

int main(int count, char **words) {
    if (count < 5) fail("usage: append_floor FILE direct|buffered BYTES BATCH_BYTES [durable]", EINVAL);
    int direct = strcmp(words[2], "direct") == 0;
    int durable = count > 5;
    size_t batch = (strtoull(words[4], NULL, 10) + 4095) / 4096 * 4096;
    size_t bytes = (strtoull(words[3], NULL, 10) + batch - 1) / batch * batch;
    int file = open(words[1], O_RDWR | O_CREAT | O_EXCL | (direct ? O_DIRECT : 0), 0666);
    if (file < 0) fail("open", errno);
    if (fallocate(file, 0, 0, (off_t)bytes)) fail("fallocate", errno);
    char *buffers[BUFFERS];
    for (int i = 0; i < BUFFERS; i++) buffers[i] = noise(batch);
    double start = now();
    (direct ? write_direct : write_buffered)(file, buffers, bytes, batch, durable);
    printf("%.9f\n", now() - start);
    return 0;
}
