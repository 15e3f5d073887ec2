public import PenstockEvents

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
    /// - Parameter shared: Whether others may hold it as well, who share it too.
    func lock(_ path: String, shared: Bool) throws(StorageError) -> (any StorageFile)?
    /// Whether somebody holds the lock, for himself or shared. Needs no write access.
    func isLocked(_ path: String) throws(StorageError) -> Bool
    /// Watches a directory; nil where the storage cannot, so that one has to look now and then.
    func watch(_ path: String) -> (any DirectoryWatch)?
    /// Runs the work of the log's threads; nil for threads of the system. Asked once, when the log is opened.
    var scheduler: (any StorageScheduler)? { get }
    /// What does not work here and is done in another way, a line each.
    var notes: [String] { get }
    /// Tells the unfinished files of whoever uses the storage from those of others who do the same at the same place.
    var unfinishedTag: String { get }
}

extension Storage {
    /// Opens or creates a file and locks it for the caller alone.
    public func lock(_ path: String) throws(StorageError) -> (any StorageFile)? { try lock(path, shared: false) }

    /// Nil: nothing is watched.
    public func watch(_ path: String) -> (any DirectoryWatch)? { nil }

    /// Nil: threads of the system.
    public var scheduler: (any StorageScheduler)? { nil }
    /// Nothing to tell.
    public var notes: [String] { [] }
    /// Nothing: nobody else does the same.
    public var unfinishedTag: String { "" }
}

/// An open file. It is closed when the last reference goes.
public protocol StorageFile: AnyObject, Sendable {
    /// Fills `buffer` from `position`; returns fewer bytes at the end of the file only.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int
    /// Fills `buffer` from `position` past the page cache: address, length and position are multiples of `FileBlock.alignment`. Returns
    /// fewer bytes at the end of the file only, and nil where the storage does not do that.
    func readBlocks(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int?
    /// Writes all bytes of all parts, one behind the other, from `position`.
    func write(_ parts: [UnsafeRawBufferPointer], at position: Int) throws(StorageError)
    /// Whether `write(blocks:)` may be used on this file; asked once, after it was opened for writing.
    var takesBlocks: Bool { get }
    /// Writes blocks past the page cache, several at a time and in any order; returns when all of them are in the file.
    ///
    /// Where it throws, any of the blocks may be in the file, in whole or in part. As every write it is safe from a power loss
    /// only after `sync`.
    func write(blocks: [FileBlock]) throws(StorageError)
    /// The bytes of the file as they lie in memory, without a copy, or nil where they are not all there (or the storage cannot tell).
    /// Nobody may write to these bytes, or cut the file before them, while the result lives.
    func mapped(_ range: Range<Int>) throws(StorageError) -> Payload.Storage?
    /// Says that these bytes will be read soon, so that the storage may fetch them meanwhile. Returns at once.
    func willRead(_ range: Range<Int>)
    /// Reserves space up to `byteCount` without changing the file's size. Returns false where the file system cannot do that.
    func allocate(byteCount: Int) throws(StorageError) -> Bool
    /// Gives the file this size: cuts it, and gives back what was reserved behind, or lets it go on with zeros, and what was reserved
    /// stays so.
    func truncate(to byteCount: Int) throws(StorageError)
    /// Returns when data and size have reached the device.
    func sync() throws(StorageError)
    /// The file's size in bytes.
    func byteCount() throws(StorageError) -> Int
}

extension StorageFile {
    /// Nil: blocks are for storages that say so.
    public func readBlocks(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int? {
        nil
    }

    /// False: blocks are for storages that say so.
    public var takesBlocks: Bool { false }

    /// Writes the blocks one after the other.
    public func write(blocks: [FileBlock]) throws(StorageError) {
        for block in blocks { try write([block.bytes], at: block.position) }
    }

    /// Nil: nothing is mapped.
    public func mapped(_ range: Range<Int>) throws(StorageError) -> Payload.Storage? { nil }

    /// Nothing is fetched ahead.
    public func willRead(_ range: Range<Int>) {}
}

/// A piece of memory and its place in a file, both in whole blocks: address, length and position are multiples of `alignment`.
public struct FileBlock {
    /// The size of a block in bytes.
    public static let alignment = 4096

    /// What is written. The memory must stay as it is until the write has returned.
    public let bytes: UnsafeRawBufferPointer
    /// Where it goes, in bytes from the file's beginning.
    public let position: Int

    /// A block of a file.
    public init(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        precondition(
            (Int(bitPattern: bytes.baseAddress) | bytes.count | position) % Self.alignment == 0,
            "a block of a file begins and ends on a multiple of \(Self.alignment)")
        self.bytes = bytes
        self.position = position
    }
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
