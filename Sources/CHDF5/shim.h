// What Swift cannot import of HDF5: type and property-list identifiers are macros that call H5open().
#pragma once
#include <hdf5.h>
