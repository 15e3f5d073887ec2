/// Files as the log needs them: the seam at which the fault simulator takes the place of the file system.
///
/// Calls block and come from the log's own threads only, never from the pool of Swift concurrency.
public protocol Storage: Sendable {
    /// Opens a file.
    func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any StorageFile
    /// Creates a directory, not its parents.
    func createDirectory(_ path: String) throws(StorageError)
    /// The names in a directory, sorted by their bytes.
    func list(_ path: String) throws(StorageError) -> [String]
    /// What is at a path, or nil for nothing.
    func kind(of path: String) throws(StorageError) -> FileKind?
    /// Gives a file or a directory another name; a file at the new name is replaced in one step.
    func rename(_ path: String, to newPath: String) throws(StorageError)
    /// Removes a file, or a directory that is empty.
    func remove(_ path: String) throws(StorageError)
    /// Makes what was created, renamed and removed in a directory survive a power loss.
    func syncDirectory(_ path: String) throws(StorageError)
    /// Opens or creates a file and locks it until the returned object goes, or nil where somebody else holds the lock.
    func lock(_ path: String) throws(StorageError) -> (any StorageFile)?
    /// Whether somebody holds the lock. Needs no write access.
    func isLocked(_ path: String) throws(StorageError) -> Bool
}

/// An open file. It is closed when the last reference goes.
public protocol StorageFile: AnyObject, Sendable {
    /// Fills `buffer` from `position`; returns fewer bytes at the end of the file only.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int
    /// Writes all bytes of all parts, one behind the other, from `position`.
    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError)
    /// Reserves space up to `byteCount` without changing the file's size. Returns false where the file system cannot do that.
    func allocate(byteCount: Int) throws(StorageError) -> Bool
    /// Cuts the file, and gives back what was reserved behind.
    func truncate(to byteCount: Int) throws(StorageError)
    /// Returns when data and size have reached the device.
    func sync() throws(StorageError)
    /// The file's size in bytes.
    func byteCount() throws(StorageError) -> Int
}

/// How a file is opened.
public enum FileAccess: Sendable, Hashable {
    /// For reading.
    case read
    /// For reading and writing; the file must be there.
    case update
    /// A new file, for reading and writing; fails where there is one.
    case createNew
    /// For reading and writing; created where it is not there.
    case updateOrCreate
}

/// What is at a path.
public enum FileKind: Sendable, Hashable {
    /// A file.
    case file
    /// A directory.
    case directory
    /// Something else.
    case other
}
