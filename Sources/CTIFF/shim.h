// What Swift cannot import of libtiff: variadic functions, and error handlers that take a va_list.
#pragma once
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

#if TIFFLIB_VERSION < 20221213
#error "libtiff 4.5.0 or newer is needed: it is the first with error handlers for each file"
#endif

/// The first error that libtiff reported for one open file. Owned by the caller, who keeps it until the file is closed.
struct penstock_tiff_failure {
    int count;
    int error_number;
    char text[400];
};

static inline int penstock_tiff_keep_error(
    TIFF *tiff, void *user_data, const char *module, const char *format, va_list arguments) {
    int error_number = errno;
    struct penstock_tiff_failure *failure = (struct penstock_tiff_failure *)user_data;
    (void)tiff;
    (void)module;
    if (failure->count++ == 0) {
        failure->error_number = error_number;
        vsnprintf(failure->text, sizeof failure->text, format, arguments);
    }
    return 1;
}

static inline int penstock_tiff_drop_warning(
    TIFF *tiff, void *user_data, const char *module, const char *format, va_list arguments) {
    (void)tiff;
    (void)user_data;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

/// Opens a file with the handlers above; nothing is printed. The mode is that of TIFFOpen.
static inline TIFF *penstock_tiff_open(const char *path, const char *mode, struct penstock_tiff_failure *failure) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, penstock_tiff_keep_error, failure);
    TIFFOpenOptionsSetWarningHandlerExtR(options, penstock_tiff_drop_warning, failure);
    errno = 0;
    TIFF *tiff = TIFFOpenExt(path, mode, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static inline int penstock_tiff_set_u16(TIFF *tiff, uint32_t tag, uint16_t value) {
    return TIFFSetField(tiff, tag, (int)value);
}

static inline int penstock_tiff_set_u32(TIFF *tiff, uint32_t tag, uint32_t value) {
    return TIFFSetField(tiff, tag, value);
}

static inline int penstock_tiff_set_text(TIFF *tiff, uint32_t tag, const char *value) {
    return TIFFSetField(tiff, tag, value);
}

/// The value of a tag or its default; `fallback` where the tag has neither.
static inline uint16_t penstock_tiff_u16(TIFF *tiff, uint32_t tag, uint16_t fallback) {
    uint16_t value = fallback;
    return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : fallback;
}

/// The value of a tag, or 0 where it is not there.
static inline uint32_t penstock_tiff_u32(TIFF *tiff, uint32_t tag) {
    uint32_t value = 0;
    return TIFFGetField(tiff, tag, &value) == 1 ? value : 0;
}

/// The text of a tag, owned by `tiff`, or NULL.
static inline const char *penstock_tiff_text(TIFF *tiff, uint32_t tag) {
    const char *value = NULL;
    return TIFFGetField(tiff, tag, &value) == 1 ? value : NULL;
}
