#include "penstock_gridrec.h"
#include <math.h>

enum { WIDTH = PENSTOCK_GRIDREC_WIDTH, POSITIONS = PENSTOCK_GRIDREC_POSITIONS, POSITION_BITS = 10 };

// What the scratch memory holds: filtered samples of k and of -k, and where they go.
typedef struct {
    float *plus, *minus;
    int32_t *cell, *column, *row;
} samples;

static samples samples_in(float *scratch, int32_t half) {
    int32_t *index = (int32_t *)(scratch + 4 * (size_t)half);
    return (samples){scratch, scratch + 2 * (size_t)half, index, index + half, index + 2 * (size_t)half};
}

static inline void filter_one(samples s, const float *z, const float *response, int32_t half, float weight, int32_t k) {
    float re = weight * response[2 * k], im = weight * response[2 * k + 1];
    const float *p = z + 2 * k, *m = z + 2 * (2 * half - k);
    s.plus[2 * k] = re * p[0] - im * p[1];
    s.plus[2 * k + 1] = re * p[1] + im * p[0];
    s.minus[2 * k] = re * m[0] + im * m[1];
    s.minus[2 * k + 1] = re * m[1] - im * m[0];
}

static inline void locate_one(samples s, float cosine, float sine, ptrdiff_t stride, int32_t k) {
    int32_t u = (int32_t)floorf((float)k * (cosine * POSITIONS)), v = (int32_t)floorf((float)k * (sine * POSITIONS));
    s.cell[k] = (v >> POSITION_BITS) * (int32_t)stride + (u >> POSITION_BITS);
    s.column[k] = WIDTH * (u & (POSITIONS - 1));
    s.row[k] = WIDTH * (v & (POSITIONS - 1));
}

static inline void add_one(samples s, const float *kernel, float *grid, ptrdiff_t stride, int32_t k) {
    const float *wu = kernel + s.column[k], *wv = kernel + s.row[k];
    float *plus = grid + 2 * (s.cell[k] - stride - 1), *minus = grid + 2 * (-s.cell[k] - 2 * stride - 2);
    for (int j = 0; j < WIDTH; j++, plus += 2 * stride, minus += 2 * stride) {
        for (int i = 0; i < WIDTH; i++) {
            float w = wv[j] * wu[i], x = wv[WIDTH - 1 - j] * wu[WIDTH - 1 - i];
            plus[2 * i] += w * s.plus[2 * k];
            plus[2 * i + 1] += w * s.plus[2 * k + 1];
            minus[2 * i] += x * s.minus[2 * k];
            minus[2 * i + 1] += x * s.minus[2 * k + 1];
        }
    }
}

void penstock_gridrec_spread_portable(const float *spectrum, const float *response, int32_t half, float weight,
                                      float cosine, float sine, const float *kernel, float *grid, ptrdiff_t stride,
                                      float *scratch) {
    samples s = samples_in(scratch, half);
    for (int32_t k = 0; k < half; k++) {
        filter_one(s, spectrum, response, half, weight, k);
        locate_one(s, cosine, sine, stride, k);
    }
    for (int32_t k = 0; k < half; k++) add_one(s, kernel, grid, stride, k);
}

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static int32_t filter_avx2(samples s, const float *z, const float *response, int32_t half, float weight) {
    __m256 w = _mm256_set1_ps(weight);
    int32_t k = 0;
    for (; k + 4 <= half; k += 4) {
        __m256 r = _mm256_mul_ps(w, _mm256_loadu_ps(response + 2 * k));
        __m256 re = _mm256_moveldup_ps(r), im = _mm256_movehdup_ps(r);
        __m256 p = _mm256_loadu_ps(z + 2 * k);
        __m256d reversed = _mm256_castps_pd(_mm256_loadu_ps(z + 2 * (2 * half - k - 3)));
        __m256 m = _mm256_castpd_ps(_mm256_permute4x64_pd(reversed, 0x1b));
        __m256 turned = _mm256_mul_ps(im, _mm256_permute_ps(p, 0xb1));
        _mm256_storeu_ps(s.plus + 2 * k, _mm256_fmaddsub_ps(re, p, turned));
        turned = _mm256_mul_ps(im, _mm256_permute_ps(m, 0xb1));
        _mm256_storeu_ps(s.minus + 2 * k, _mm256_fmsubadd_ps(re, m, turned));
    }
    return k;
}

AVX2 static int32_t locate_avx2(samples s, float cosine, float sine, ptrdiff_t stride, int32_t half) {
    __m256 cu = _mm256_set1_ps(cosine * POSITIONS), cv = _mm256_set1_ps(sine * POSITIONS);
    __m256i pitch = _mm256_set1_epi32((int32_t)stride), mask = _mm256_set1_epi32(POSITIONS - 1);
    __m256 index = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7), step = _mm256_set1_ps(8);
    int32_t k = 0;
    for (; k + 8 <= half; k += 8, index = _mm256_add_ps(index, step)) {
        __m256i u = _mm256_cvtps_epi32(_mm256_floor_ps(_mm256_mul_ps(index, cu)));
        __m256i v = _mm256_cvtps_epi32(_mm256_floor_ps(_mm256_mul_ps(index, cv)));
        __m256i cell = _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srai_epi32(v, POSITION_BITS), pitch),
                                        _mm256_srai_epi32(u, POSITION_BITS));
        _mm256_storeu_si256((__m256i *)(s.cell + k), cell);
        _mm256_storeu_si256((__m256i *)(s.column + k), _mm256_slli_epi32(_mm256_and_si256(u, mask), 2));
        _mm256_storeu_si256((__m256i *)(s.row + k), _mm256_slli_epi32(_mm256_and_si256(v, mask), 2));
    }
    return k;
}

// One sample and its mirror image: each of the 4 rows of 4 complex cells is one vector.
AVX2 static inline void add_avx2(samples s, const float *kernel, float *grid, ptrdiff_t stride, int32_t k) {
    const __m256i onward = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    const __m256i backward = _mm256_setr_epi32(3, 3, 2, 2, 1, 1, 0, 0);
    __m256 wu = _mm256_castps128_ps256(_mm_loadu_ps(kernel + s.column[k]));
    const float *wv = kernel + s.row[k];
    __m256 p = _mm256_castpd_ps(_mm256_broadcast_sd((const double *)(s.plus + 2 * k)));
    __m256 m = _mm256_castpd_ps(_mm256_broadcast_sd((const double *)(s.minus + 2 * k)));
    p = _mm256_mul_ps(p, _mm256_permutevar8x32_ps(wu, onward));
    m = _mm256_mul_ps(m, _mm256_permutevar8x32_ps(wu, backward));
    float *plus = grid + 2 * (s.cell[k] - stride - 1), *minus = grid + 2 * (-s.cell[k] + stride - 2);
    for (int j = 0; j < WIDTH; j++, plus += 2 * stride, minus -= 2 * stride) {
        __m256 w = _mm256_broadcast_ss(wv + j);
        _mm256_storeu_ps(plus, _mm256_fmadd_ps(w, p, _mm256_loadu_ps(plus)));
        _mm256_storeu_ps(minus, _mm256_fmadd_ps(w, m, _mm256_loadu_ps(minus)));
    }
}

AVX2 static void spread_avx2(const float *spectrum, const float *response, int32_t half, float weight, float cosine,
                             float sine, const float *kernel, float *grid, ptrdiff_t stride, float *scratch) {
    samples s = samples_in(scratch, half);
    for (int32_t k = filter_avx2(s, spectrum, response, half, weight); k < half; k++)
        filter_one(s, spectrum, response, half, weight, k);
    for (int32_t k = locate_avx2(s, cosine, sine, stride, half); k < half; k++) locate_one(s, cosine, sine, stride, k);
    // Neighbours on a ray overlap, and a load that overlaps a store still under way waits for it. Walking four
    // stretches of the ray at once gives the processor something to do in the meantime.
    int32_t stretch = half / 4;
    for (int32_t k = 0; k < stretch; k++) {
        add_avx2(s, kernel, grid, stride, k);
        add_avx2(s, kernel, grid, stride, k + stretch);
        add_avx2(s, kernel, grid, stride, k + 2 * stretch);
        add_avx2(s, kernel, grid, stride, k + 3 * stretch);
    }
    for (int32_t k = 4 * stretch; k < half; k++) add_avx2(s, kernel, grid, stride, k);
}
#endif

void penstock_gridrec_spread(const float *spectrum, const float *response, int32_t half, float weight, float cosine,
                             float sine, const float *kernel, float *grid, ptrdiff_t stride, float *scratch) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        spread_avx2(spectrum, response, half, weight, cosine, sine, kernel, grid, stride, scratch);
        return;
    }
#endif
    penstock_gridrec_spread_portable(spectrum, response, half, weight, cosine, sine, kernel, grid, stride, scratch);
}
