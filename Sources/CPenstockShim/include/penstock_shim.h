// What Swift cannot express or import: processor instructions behind a run-time dispatch.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720) of `length` bytes, continuing from `crc` (0 to start).
uint32_t penstock_crc32c(uint32_t crc, const void *bytes, size_t length);

/// The same by tables on every processor: the reference that the fast paths are tested against.
uint32_t penstock_crc32c_by_table(uint32_t crc, const void *bytes, size_t length);

/// The checksum of two pieces one behind the other from theirs, `a` and `b`; `b` is that of `length` bytes.
uint32_t penstock_crc32c_joined(uint32_t a, uint32_t b, size_t length);

/// Reserves space for an open file up to `byteCount` bytes without changing its size; -1 and errno where it cannot (fallocate(2)).
int penstock_preallocate(int descriptor, int64_t byteCount);
