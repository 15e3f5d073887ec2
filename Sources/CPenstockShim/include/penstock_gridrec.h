// The inner loop of gridrec: one projection's spectrum onto the Fourier grid.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Positions within a grid cell at which the spreading kernel is tabulated.
#define PENSTOCK_GRIDREC_POSITIONS 1024

/// Cells along each axis that one sample touches.
#define PENSTOCK_GRIDREC_WIDTH 4

/// Floats of scratch memory that spreading a projection of `half` frequencies needs.
#define PENSTOCK_GRIDREC_SCRATCH(half) (7 * (size_t)(half))

/// Filters the spectrum of one projection pair and adds it to the grid, at the frequencies k and -k for k in 0 ..<
/// half.
///
/// `spectrum`: 2 half + 1 complex numbers, the last one that of the first again. `response`: half complex numbers, the
/// filter times the phase of the centre; -k takes their conjugates, and k = 0 counts twice. `kernel`: weights of the 4
/// cells from floor(u) - 1 on, for 1024 fractions of u. `grid`: the cell of frequency zero, rows `stride` complex
/// numbers apart; cells up to half + 2 from it are touched. `scratch`: PENSTOCK_GRIDREC_SCRATCH(half) floats. Uses the
/// widest instructions that the processor has.
void penstock_gridrec_spread(const float *spectrum, const float *response, int32_t half, float weight, float cosine,
                             float sine, const float *kernel, float *grid, ptrdiff_t stride, float *scratch);

/// `penstock_gridrec_spread` in plain C, for processors without AVX2 and for checking the other.
void penstock_gridrec_spread_portable(const float *spectrum, const float *response, int32_t half, float weight,
                                      float cosine, float sine, const float *kernel, float *grid, ptrdiff_t stride,
                                      float *scratch);
