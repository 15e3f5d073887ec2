internal import CHDF5

/// An open HDF5 file.
///
/// The library is not safe for threads; one lock of this module guards all calls, so files and datasets may be used
/// from any thread, one call at a time. Keep the ranges of a read or write to some megabytes so that others get their
/// turn.
///
/// Files written here have the same bytes whenever they have the same content and were created in the same order of
/// objects: no times are stored, and space is taken when a dataset is created, so neither the order nor the repetition
/// of writes into contiguous datasets matters. Chunks are placed when first written: write each once, in order.
public struct HDF5File: ~Copyable, Sendable {
    /// The path as it was given.
    public var path: String { handle.path }

    let handle: HDF5FileHandle

    /// Opens an existing file for reading.
    /// - Parameter whileWritten: Whether another program still adds to it, by single-writer, multiple-readers access;
    ///   `HDF5Dataset.refresh` then looks at what is new.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat` or `truncated`.
    public init(opening path: String, whileWritten: Bool = false) throws(FormatError) {
        handle = try HDF5Library.locked { () throws(FormatError) -> HDF5FileHandle in
            let access = try HDF5File.accessProperties(path)
            let flags = penstock_h5_read_only() | (whileWritten ? penstock_h5_swmr_read() : 0)
            let id = H5Fopen(path, flags, access.id)
            guard id >= 0 else { throw HDF5Failure.last().error(.notReadable, .opening, file: path) }
            return HDF5FileHandle(id, path: path, isWritable: false)
        }
    }

    /// Makes a new file and opens it for writing and reading. Call `close` in the end: only it tells of failures.
    /// - Throws: `exists`, `cannotCreate` or `diskFull`.
    public init(creating path: String) throws(FormatError) {
        handle = try HDF5Library.locked { () throws(FormatError) -> HDF5FileHandle in
            let access = try HDF5File.accessProperties(path)
            // Small writes shall reach the device, and its errors us, at once and not when something is closed.
            H5Pset_sieve_buf_size(access.id, 0)
            let creation = try HDF5File.properties(penstock_h5_file_create(), path)
            let id = H5Fcreate(path, penstock_h5_exclusive(), creation.id, access.id)
            guard id >= 0 else { throw HDF5Failure.last().error(.cannotCreate, .creating, file: path) }
            return HDF5FileHandle(id, path: path, isWritable: true)
        }
    }

    /// Hands everything that was written so far to the operating system.
    /// - Throws: `diskFull` or `writeFailed`.
    public func flush() throws(FormatError) {
        try HDF5Library.locked { () throws(FormatError) in
            try handle.reserve()
            if H5Fflush(try handle.identifier(), H5F_SCOPE_LOCAL) < 0 {
                let failure = HDF5Failure.last().error(.writeFailed, .writing, file: path)
                handle.abandon(failure)
                throw failure
            }
        }
    }

    /// Closes the file and the datasets that are still open in it, which must not be used any more.
    /// - Throws: `diskFull` or `writeFailed`, also where an earlier write failed; the file is closed all the same.
    public consuming func close() throws(FormatError) {
        let handle = handle
        // The handle's own end takes the lock: it must not come inside.
        defer { withExtendedLifetime(handle) {} }
        try HDF5Library.locked { () throws(FormatError) in try handle.close() }
    }

    private static func accessProperties(_ path: String) throws(FormatError) -> HDF5Identifier {
        let access = try properties(penstock_h5_file_access(), path)
        H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG)
        // Lock where the file system can, go on without where it cannot (Lustre and NFS mounted without locks).
        H5Pset_file_locking(access.id, true, true)
        return access
    }

    static func properties(_ list: hid_t, _ path: String) throws(FormatError) -> HDF5Identifier {
        try HDF5Identifier(H5Pcreate(list), H5Pclose) { HDF5Failure.last().error(.cannotCreate, .creating, file: path) }
    }
}
