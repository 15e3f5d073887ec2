internal import CHDF5
internal import Synchronization

/// The one lock through which the HDF5 library is called: it is not safe for threads, and files are read and written
/// concurrently.
enum HDF5Library {
    private static let mutex = Mutex(false)

    /// Calls `body` while no other thread is in the library.
    ///
    /// Not recursive: nothing that takes the lock, such as the end of a dataset's life, may happen inside.
    static func locked<Value: Sendable>(_ body: () throws(FormatError) -> Value) throws(FormatError) -> Value {
        try mutex.withLock { (isReady: inout Bool) throws(FormatError) -> Value in
            if !isReady {
                // At exit the library would flush open files while other threads may still be inside it.
                H5dont_atexit()
                H5open()
                isReady = true
            }
            // The error stack belongs to the thread where the library was built for threads: silence it on each.
            H5Eset_auto2(penstock_h5_default_properties(), nil, nil)
            return try body()
        }
    }
}

/// An identifier of the library that lives inside one `HDF5Library.locked` call.
struct HDF5Identifier: ~Copyable {
    let id: hid_t
    private let release: (hid_t) -> herr_t

    /// Takes ownership of `id`, or throws `failure` where the library could not make one.
    init(
        _ id: hid_t, _ release: @escaping (hid_t) -> herr_t, orThrow failure: () -> FormatError
    ) throws(FormatError) {
        guard id >= 0 else { throw failure() }
        self.id = id
        self.release = release
    }

    deinit { _ = release(id) }
}
