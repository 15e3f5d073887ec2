internal import CHDF5

extension HDF5File {
    /// How the elements of a new dataset lie in the file.
    public enum Storage: Sendable, Hashable {
        /// One run of bytes, as fast as the device. Parts that are never written read as zero.
        case contiguous
        /// Boxes of this shape, each compressed by shuffle and deflate (level 1 to 9), or plain where the level is nil.
        case chunked([Int], deflate: Int?)
    }

    /// Opens a dataset of numbers.
    /// - Throws: `missingDataset`; `wrongType` where its elements are not numbers; `unsupportedFilter`, `readFailed`;
    ///   `notFound` where a file is missing that a virtual dataset takes its elements from.
    public func dataset(_ name: String) throws(FormatError) -> HDF5Dataset {
        let (id, shape, type) = try HDF5Library.locked { () throws(FormatError) -> (hid_t, [Int], ElementType) in
            let id = try openDatasetLocked(name)
            do throws(FormatError) {
                let (shape, type) = try describe(id, name)
                try HDF5Filters.check(id, file: path, object: name)
                try HDF5VirtualSources.check(id, file: path, object: name)
                return (id, shape, type)
            } catch {
                H5Dclose(id)
                throw error
            }
        }
        return HDF5Dataset(id, name: name, shape: shape, elementType: type, file: handle)
    }

    /// Makes a dataset, and the groups above it where they are missing. The space of a contiguous one is taken at once,
    /// so that a full disk is told before the work and not after it.
    /// - Parameter shape: The extents, slowest axis first; empty for a single value.
    /// - Throws: `exists`, `cannotCreate`, `diskFull` or `writeFailed`.
    public func createDataset(
        _ name: String, shape: [Int], of type: ElementType, storage: Storage = .contiguous
    ) throws(FormatError) -> HDF5Dataset {
        let id = try HDF5Library.locked { () throws(FormatError) -> hid_t in
            let space = try HDF5Identifier(
                H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil), H5Sclose
            ) { HDF5Failure.last().error(.cannotCreate, .creating, file: path, object: name) }
            return try createDatasetLocked(name, type: type.inFile, space: space.id, storage: storage)
        }
        return HDF5Dataset(id, name: name, shape: shape, elementType: type, file: handle)
    }

    /// Opens any dataset. The caller closes the identifier.
    func openDatasetLocked(_ name: String) throws(FormatError) -> hid_t {
        let file = try handle.identifier()
        guard try kindLocked(of: name) == .dataset else { throw try missing(name) }
        let id = H5Dopen2(file, name, penstock_h5_default_properties())
        guard id >= 0 else { throw HDF5Failure.last().error(.readFailed, .reading, file: path, object: name) }
        return id
    }

    /// Makes a dataset. The caller closes the identifier.
    func createDatasetLocked(
        _ name: String, type: hid_t, space: hid_t, storage: Storage
    ) throws(FormatError) -> hid_t {
        let file = try handle.identifier()
        precondition(handle.isWritable, "\(path) is open for reading only")
        guard try kindLocked(of: name) == nil else {
            throw FormatError(.exists, file: path, object: name, "exists already in this file")
        }
        let creation = try HDF5File.properties(penstock_h5_dataset_create(), path)
        H5Pset_obj_track_times(creation.id, false)
        switch storage {
        case .contiguous:
            // Space at creation: the address then does not depend on which dataset is written first.
            H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY)
        case .chunked(let chunk, let level):
            H5Pset_chunk(creation.id, Int32(chunk.count), chunk.map { hsize_t($0) })
            if let level {
                H5Pset_shuffle(creation.id)
                H5Pset_deflate(creation.id, UInt32(level))
            }
        }
        let link = try HDF5File.intermediateGroups(path)
        let id = H5Dcreate2(file, name, type, space, link.id, creation.id, penstock_h5_default_properties())
        guard id >= 0 else { throw HDF5Failure.last().error(.cannotCreate, .creating, file: path, object: name) }
        do throws(FormatError) { try handle.reserve() } catch {
            H5Dclose(id)
            throw error
        }
        return id
    }

    private func describe(_ id: hid_t, _ name: String) throws(FormatError) -> ([Int], ElementType) {
        let failure = { [path] in HDF5Failure.last().error(.readFailed, .reading, file: path, object: name) }
        let type = try HDF5Identifier(H5Dget_type(id), H5Tclose, orThrow: failure)
        guard let elementType = ElementType(hdf5: type.id) else {
            throw FormatError(.wrongType, file: path, object: name, "holds \(hdf5TypeName(type.id)), not numbers")
        }
        let space = try HDF5Identifier(H5Dget_space(id), H5Sclose, orThrow: failure)
        return (try hdf5Shape(space.id, file: path, object: name), elementType)
    }
}

/// The extents of a data space.
/// - Throws: `wrongShape` where there are none, or more elements than memory can have.
func hdf5Shape(_ space: hid_t, file: String, object: String) throws(FormatError) -> [Int] {
    let rank = H5Sget_simple_extent_ndims(space)
    guard rank >= 0, H5Sget_simple_extent_type(space) != H5S_NULL else {
        throw FormatError(.wrongShape, file: file, object: object, "has no elements and no shape")
    }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    H5Sget_simple_extent_dims(space, &extents, nil)
    var bytes: hsize_t = 8
    for extent in extents {
        let (product, overflow) = bytes.multipliedReportingOverflow(by: max(1, extent))
        guard !overflow, product <= hsize_t(Int.max) else {
            throw FormatError(.wrongShape, file: file, object: object, "has impossible extents \(extents)")
        }
        bytes = product
    }
    return extents.map { Int($0) }
}
