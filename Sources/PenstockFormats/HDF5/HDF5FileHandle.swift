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
/// After a failed write the library keeps what it could not write and tries again at each flush; it can neither close
/// the file nor release its descriptor. So at the first failure the descriptor is pointed at anonymous memory: the
/// library then lets go of the file, the space on the device is given back, and every later use throws that failure.
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

    /// Flushes and closes the file and everything that is open in it; closed files stay closed.
    /// - Throws: The first failure of writing since the file was opened.
    func close() throws(FormatError) {
        guard let id = state.withLock({ $0.id }) else { return }
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
        var place: UnsafeMutableRawPointer?
        guard H5Fget_vfd_handle(id, penstock_h5_default_properties(), &place) >= 0, let place else { return }
        let memory = penstock_memory_descriptor()
        guard memory >= 0 else { return }
        _ = dup2(memory, place.load(as: Int32.self))
        _ = Glibc.close(memory)
    }
}
