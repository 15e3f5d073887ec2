// The inner loop of iterative reconstruction: one line of a pair of images seen at places at equal distances.
#pragma once
#include <stdint.h>

/// Adds to `sums` what stands at `count` places of a line of pairs of values: place i is at `position` + i `step`, in units of 2^-32 cells.
///
/// A cell at a distance of d from a place counts with the weight max(0, `height` - `slope` d), where `slope` >= `height`; so at most two
/// cells count, c = floor(place) and c + 1, and both are in `line` (two floats a cell, cell 0 first; the caller has cells beside the line
/// where places need them). `sums`: four floats for each place, the pair from cell c and the pair from cell c + 1, aligned to 16 bytes.
void penstock_gather_pairs(const float *line, int32_t count, int64_t position, int64_t step, float height, float slope,
                           float *sums);
