internal import CHDF5
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The library's file identifier, owned by an `HDF5File` and its datasets together: the last of them closes it.
///
/// Every function must be called inside `HDF5Library.locked`.
///
/// The library does not survive a device that is full: what its cache could not write it can neither drop nor write
/// later, and closing the file then fails or crashes. So space is taken before the library needs it, and at the first
/// failure the descriptor is pointed at anonymous memory: the library then lets go of the file, the space on the device
/// is given back, and every later use throws that failure.
final class HDF5FileHandle: Sendable {
    private struct State {
        var id: hid_t?
        var failure: FormatError?
    }

    let path: String
    let isWritable: Bool
    private let state: Mutex<State>

    init(_ id: hid_t, path: String, isWritable: Bool) {
        self.path = path
        self.isWritable = isWritable
        self.state = Mutex(State(id: id))
        // The library leaves its descriptor open over exec, and with it the lock that goes with the file: a program that is started
        // meanwhile would hold the lock for as long as it runs.
        if let descriptor = descriptor(id) { _ = fcntl(descriptor.pointee, F_SETFD, FD_CLOEXEC) }
    }

    deinit { try? HDF5Library.locked { () throws(FormatError) in try close() } }

    /// Whether identifiers of this file are still valid.
    var isOpen: Bool { state.withLock { $0.id != nil } }

    /// The identifier.
    /// - Throws: The first failure of writing, where there was one.
    func identifier() throws(FormatError) -> hid_t {
        let now = state.withLock { $0 }
        if let failure = now.failure { throw failure }
        guard let id = now.id else { preconditionFailure("\(path) was closed before this use of it") }
        return id
    }

    /// Notes that writing failed, and cuts the file off from its device.
    func abandon(_ failure: FormatError) {
        state.withLock { state in
            guard state.failure == nil, isWritable, let id = state.id else { return }
            state.failure = failure
            redirectToMemory(id)
        }
    }

    /// Takes the space on the device that the file needs so far, where the file system can.
    /// - Throws: `diskFull`.
    func reserve() throws(FormatError) {
        let id = try identifier()
        var size: hsize_t = 0
        guard isWritable, let descriptor = descriptor(id), H5Fget_filesize(id, &size) >= 0 else { return }
        let number = penstock_reserve(descriptor.pointee, Int64(size))
        guard number == ENOSPC || number == EDQUOT || number == EFBIG else { return }
        let failure = SystemFailure(number: number).error(.writing, file: path)
        abandon(failure)
        throw failure
    }

    /// Flushes and closes the file and everything that is open in it; closed files stay closed.
    /// - Throws: The first failure of writing since the file was opened.
    func close() throws(FormatError) {
        guard let id = state.withLock({ $0.id }) else { return }
        // What it throws is kept and thrown below.
        try? reserve()
        if isWritable, H5Fflush(id, H5F_SCOPE_LOCAL) < 0 {
            abandon(HDF5Failure.last().error(.writeFailed, .writing, file: path))
        }
        if H5Fclose(id) < 0 {
            abandon(HDF5Failure.last().error(.writeFailed, .writing, file: path))
            if H5Iis_valid(id) > 0 { H5Fclose(id) }
        }
        let failure = state.withLock { state -> FormatError? in
            state.id = nil
            return state.failure
        }
        if let failure { throw failure }
    }

    private func redirectToMemory(_ id: hid_t) {
        guard let descriptor = descriptor(id) else { return }
        let memory = penstock_memory_descriptor()
        guard memory >= 0 else { return }
        _ = dup2(memory, descriptor.pointee)
        closeDescriptor(memory)
    }

    /// The file descriptor of the library's default driver. The pointer is valid while the file is open.
    private func descriptor(_ id: hid_t) -> UnsafeMutablePointer<Int32>? {
        var place: UnsafeMutableRawPointer?
        guard H5Fget_vfd_handle(id, penstock_h5_default_properties(), &place) >= 0 else { return nil }
        return place?.assumingMemoryBound(to: Int32.self)
    }
}

/// The system's `close`, which the method of that name hides.
private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
