#pragma once
#include <stdio.h>
#include <setjmp.h>
#include <png.h>

/// An upper bound of the bytes of the written image (PNG_IMAGE_PNG_SIZE_MAX, a macro).
static inline size_t penstock_png_size_max(png_image image) { return PNG_IMAGE_PNG_SIZE_MAX(image); }
