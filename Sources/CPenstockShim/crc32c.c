// CRC-32C by whatever the processor has: three interleaved streams of the x86 instruction joined by carry-less multiplication,
// the aarch64 instruction, or tables. The choice is made once, before main.

#include "penstock_shim.h"
#include <string.h>

#define POLYNOMIAL 0x82f63b78u // Castagnoli, reflected

static uint32_t table[8][256];

// power[k] is x^(2^k) mod P.
static uint32_t power[64];

// The product of two polynomials mod P, reflected: the highest bit is the coefficient of x^0.
static uint32_t product(uint32_t a, uint32_t b) {
    uint32_t sum = 0;
    for (; a; a <<= 1) {
        if (a & 0x80000000u) sum ^= b;
        b = (b >> 1) ^ ((b & 1) ? POLYNOMIAL : 0);
    }
    return sum;
}

static void make_powers(void) {
    power[0] = 0x40000000u;
    for (int k = 1; k < 64; k++) power[k] = product(power[k - 1], power[k - 1]);
}

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c >> 1) ^ ((c & 1) ? POLYNOMIAL : 0);
        table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int k = 1; k < 8; k++) table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 255];
}

// Eight bytes a step, one table for each byte position.
static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t length) {
    while (length >= 8) {
        uint64_t w = 0;
        for (int i = 7; i >= 0; i--) w = w << 8 | p[i];
        w ^= crc;
        crc = table[7][w & 255] ^ table[6][(w >> 8) & 255] ^ table[5][(w >> 16) & 255] ^ table[4][(w >> 24) & 255]
            ^ table[3][(w >> 32) & 255] ^ table[2][(w >> 40) & 255] ^ table[1][(w >> 48) & 255] ^ table[0][w >> 56];
        p += 8;
        length -= 8;
    }
    while (length--) crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 255];
    return crc;
}

static uint32_t (*implementation)(uint32_t, const uint8_t *, size_t) = by_table;

#if defined(__x86_64__)
#include <immintrin.h>

#define INSTRUCTIONS __attribute__((target("sse4.2,pclmul")))

static inline uint64_t word(const uint8_t *p) {
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

// crc * factor, reduced. With factor = x^(8n - 33) mod P that is the checksum after n more zero bytes: the carry-less product of
// two reflected words carries one factor of x, and the instruction that reduces it multiplies by x^32.
INSTRUCTIONS static inline uint64_t advance(uint32_t crc, uint32_t factor) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)factor), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

// Blocks of three streams of `stream` bytes each. The instruction has a latency of three cycles and a throughput of one, so
// three independent streams keep it busy.
INSTRUCTIONS static inline uint32_t three_streams(
    uint32_t crc, const uint8_t **bytes, size_t *length, size_t stream, uint32_t by_two, uint32_t by_one
) {
    const uint8_t *p = *bytes;
    while (*length >= 3 * stream) {
        uint64_t a = crc, b = 0, c = 0;
        for (size_t i = 0; i < stream; i += 8) {
            a = _mm_crc32_u64(a, word(p + i));
            b = _mm_crc32_u64(b, word(p + stream + i));
            c = _mm_crc32_u64(c, word(p + 2 * stream + i));
        }
        crc = (uint32_t)(advance((uint32_t)a, by_two) ^ advance((uint32_t)b, by_one) ^ c);
        p += 3 * stream;
        *length -= 3 * stream;
    }
    *bytes = p;
    return crc;
}

INSTRUCTIONS static uint32_t by_sse42(uint32_t crc, const uint8_t *p, size_t length) {
    // The factors are x^(16n - 33) and x^(8n - 33) mod P for streams of n = 4096 and n = 256 bytes.
    crc = three_streams(crc, &p, &length, 4096, 0x54a86326u, 0x82f89c77u);
    crc = three_streams(crc, &p, &length, 256, 0xdd7e3b0cu, 0xb9e02b86u);
    uint64_t wide = crc;
    for (; length >= 8; length -= 8, p += 8) wide = _mm_crc32_u64(wide, word(p));
    crc = (uint32_t)wide;
    while (length--) crc = _mm_crc32_u8(crc, *p++);
    return crc;
}

static void choose(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")) implementation = by_sse42;
}

#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

#define HWCAP_CRC32_BIT (1ul << 7) // asm/hwcap.h

__attribute__((target("crc"))) static uint32_t by_armv8(uint32_t crc, const uint8_t *p, size_t length) {
    for (; length >= 8; length -= 8, p += 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        crc = __builtin_arm_crc32cd(crc, w);
    }
    while (length--) crc = __builtin_arm_crc32cb(crc, *p++);
    return crc;
}

static void choose(void) {
    if (getauxval(AT_HWCAP) & HWCAP_CRC32_BIT) implementation = by_armv8;
}

#else
static void choose(void) {}
#endif

__attribute__((constructor)) static void prepare(void) {
    make_table();
    make_powers();
    choose();
}

uint32_t penstock_crc32c(uint32_t crc, const void *bytes, size_t length) { return ~implementation(~crc, bytes, length); }

// The checksum of a, moved by the bits of b, is a * x^(8 * length) mod P; the inversions at both ends cancel.
uint32_t penstock_crc32c_joined(uint32_t a, uint32_t b, size_t length) {
    for (int k = 3; length; length >>= 1, k++)
        if (length & 1) a = product(a, power[k]);
    return a ^ b;
}

uint32_t penstock_crc32c_by_table(uint32_t crc, const void *bytes, size_t length) { return ~by_table(~crc, bytes, length); }
