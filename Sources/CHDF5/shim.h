// What Swift cannot import of HDF5: identifiers that are macros calling H5open(), under the names of the macros.
#pragma once
#include <hdf5.h>

#define PENSTOCK_H5_ID(name, macro) \
    static inline hid_t penstock_h5_##name(void) { return macro; }

PENSTOCK_H5_ID(default_properties, H5P_DEFAULT)
PENSTOCK_H5_ID(file_access, H5P_FILE_ACCESS)
PENSTOCK_H5_ID(file_create, H5P_FILE_CREATE)
PENSTOCK_H5_ID(group_create, H5P_GROUP_CREATE)
PENSTOCK_H5_ID(dataset_create, H5P_DATASET_CREATE)
PENSTOCK_H5_ID(link_create, H5P_LINK_CREATE)
PENSTOCK_H5_ID(string, H5T_C_S1)

PENSTOCK_H5_ID(native_u8, H5T_NATIVE_UINT8)
PENSTOCK_H5_ID(native_u16, H5T_NATIVE_UINT16)
PENSTOCK_H5_ID(native_u32, H5T_NATIVE_UINT32)
PENSTOCK_H5_ID(native_u64, H5T_NATIVE_UINT64)
PENSTOCK_H5_ID(native_i8, H5T_NATIVE_INT8)
PENSTOCK_H5_ID(native_i16, H5T_NATIVE_INT16)
PENSTOCK_H5_ID(native_i32, H5T_NATIVE_INT32)
PENSTOCK_H5_ID(native_i64, H5T_NATIVE_INT64)
PENSTOCK_H5_ID(native_f32, H5T_NATIVE_FLOAT)
PENSTOCK_H5_ID(native_f64, H5T_NATIVE_DOUBLE)

PENSTOCK_H5_ID(little_u8, H5T_STD_U8LE)
PENSTOCK_H5_ID(little_u16, H5T_STD_U16LE)
PENSTOCK_H5_ID(little_u32, H5T_STD_U32LE)
PENSTOCK_H5_ID(little_u64, H5T_STD_U64LE)
PENSTOCK_H5_ID(little_i8, H5T_STD_I8LE)
PENSTOCK_H5_ID(little_i16, H5T_STD_I16LE)
PENSTOCK_H5_ID(little_i32, H5T_STD_I32LE)
PENSTOCK_H5_ID(little_i64, H5T_STD_I64LE)
PENSTOCK_H5_ID(little_f32, H5T_IEEE_F32LE)
PENSTOCK_H5_ID(little_f64, H5T_IEEE_F64LE)

#undef PENSTOCK_H5_ID

static inline unsigned penstock_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned penstock_h5_swmr_read(void) { return H5F_ACC_SWMR_READ; }
static inline unsigned penstock_h5_exclusive(void) { return H5F_ACC_EXCL; }
static inline size_t penstock_h5_variable_length(void) { return H5T_VARIABLE; }

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A file descriptor of anonymous memory, or -1 (memfd_create, which Swift's Glibc module does not show).
static inline int penstock_memory_descriptor(void) { return (int)syscall(SYS_memfd_create, "penstock-hdf5", 1u); }

/// Takes space on the device for the first `bytes` bytes without changing the file's size: 0, or an error number
/// (fallocate, which Swift's Glibc module does not show; posix_fallocate would write where it is not supported).
static inline int penstock_reserve(int descriptor, long long bytes) {
    return syscall(SYS_fallocate, descriptor, 1, 0L, bytes) == 0 ? 0 : errno;
}
