// What Swift cannot import of zlib: deflateInit2 is a macro.
#pragma once
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

/// Room that suffices for `count` bytes made a gzip member.
static inline size_t penstock_gzip_bound(size_t count) { return compressBound((uLong)count) + 18; }

/// Makes `count` bytes a gzip member (RFC 1952) with no name and no time; the bytes of the member, or 0 where there is no memory.
static inline size_t penstock_gzip(const void *source, size_t count, void *target, size_t capacity, int level) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (count > UINT_MAX || capacity > UINT_MAX) return 0;
    // 15 + 16: the largest window, with the header and the checksum of gzip.
    if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (Bytef *)source;
    stream.avail_in = (uInt)count;
    stream.next_out = (Bytef *)target;
    stream.avail_out = (uInt)capacity;
    int status = deflate(&stream, Z_FINISH);
    size_t size = stream.total_out;
    deflateEnd(&stream);
    return status == Z_STREAM_END ? size : 0;
}
