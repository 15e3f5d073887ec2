#include "penstock_projector.h"

// Two neighbouring pairs: aligned as a pair in images, as a whole in sums.
typedef float quad __attribute__((vector_size(16)));
typedef float loose_quad __attribute__((vector_size(16), aligned(8)));
typedef int32_t mask __attribute__((vector_size(16)));

static inline quad weights(int64_t position, float height, float slope) {
    // The fraction in 31 bits: processors convert signed numbers.
    float f = (float)(int32_t)((uint32_t)position >> 1) * 0x1p-31f;
    quad w = height - slope * (quad){f, f, 1 - f, 1 - f};
    return (quad)((mask)w & (mask)(w > 0));
}

void penstock_gather_pairs(const float *line, int32_t count, int64_t position, int64_t step, float height, float slope,
                           float *sums) {
    quad *target = (quad *)sums;
    for (int32_t i = 0; i < count; i++, position += step) {
        const loose_quad *cells = (const loose_quad *)(line + 2 * (position >> 32));
        target[i] += weights(position, height, slope) * *cells;
    }
}
