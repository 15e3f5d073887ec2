#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A folder of files that appears under its name complete or not at all: a stack of TIFF images, one for each slice.
///
/// The folder is made at `temporaryPath`; files and folders of files go into it. Without a `commit`, it is removed with
/// all that is in it at the end of this value's life.
public struct PendingFolder: ~Copyable, Sendable {
    private let name: OutputName
    private let overwrites: Bool
    private var isLeft = false

    /// The folder that is filled: `.name.partial-<pid>` beside the final path, with the number of the process that began it.
    public var temporaryPath: String { name.temporary }

    /// The path under which the folder appears.
    public var finalPath: String { name.final }

    /// Makes the temporary folder.
    /// - Parameters:
    ///   - overwrites: Whether a folder that exists is replaced at `commit`, with all that is in it; if not, it is
    ///     refused here and again at `commit`. A file is never replaced.
    ///   - earlier: The temporary path of an earlier process, which this folder takes, empty; nil for one of its own.
    /// - Throws: `exists`, `cannotCreate` or `diskFull`.
    public init(
        _ path: String, overwrites: Bool = false, inPlaceOf earlier: String? = nil
    ) throws(FormatError) {
        let name = try OutputName(path, continuing: earlier)
        if name.isOccupied, !(overwrites && name.isFolder) { throw name.occupiedError }
        PendingFolder.remove(name.temporary)
        guard mkdir(name.temporary, 0o777) == 0 else {
            throw SystemFailure.last.error(.creating, file: name.final)
        }
        self.name = name
        self.overwrites = overwrites
    }

    /// Goes on with the temporary folder of an earlier process. Where that came to its end after all, it is a copy of the finished folder, which
    /// is then to be replaced.
    /// - Parameter earlier: The temporary path of then, which stays that of this folder.
    /// - Throws: as above; `notFound` where neither is there.
    public init(_ path: String, overwrites: Bool = false, continuing earlier: String) throws(FormatError) {
        let name = try OutputName(path, continuing: earlier)
        // A commit may have been broken off: the folder that it replaces then waits for its end.
        let old = earlier + ".old"
        if name.isOccupied { PendingFolder.remove(old) } else { _ = rename(old, name.final) }
        if name.isOccupied, !(overwrites && name.isFolder) { throw name.occupiedError }
        if !name.isBegun {
            guard name.isOccupied else { throw name.goneError }
            let copy = earlier + ".copy"
            PendingFolder.remove(copy)
            try PendingFolder.copy(name.final, to: copy)
            guard rename(copy, earlier) == 0 else { throw SystemFailure.last.error(.creating, file: earlier) }
        }
        self.name = name
        self.overwrites = overwrites
    }

    deinit { if !isLeft { PendingFolder.remove(name.temporary) } }

    /// Leaves the temporary folder where it is, for somebody who goes on with it.
    public consuming func leave() { isLeft = true }

    /// Removes some of the files and folders in the folder, by their names, with all that is in them.
    public borrowing func remove(where isWanted: (String) -> Bool) {
        for entry in PendingFolder.entries(in: name.temporary) where isWanted(entry.name) {
            PendingFolder.remove(entry)
        }
    }

    /// Waits until some of the files and folders in the folder are on the device, with all below them, so that a checkpoint may refer to them.
    /// - Throws: `writeFailed`, `diskFull`.
    public borrowing func synchronize(where isWanted: (String) -> Bool) throws(FormatError) {
        for entry in PendingFolder.entries(in: name.temporary) where isWanted(entry.name) {
            try PendingFolder.synchronize(entry)
        }
        try FileDescriptor(opening: name.temporary).synchronize()
        try FileDescriptor(opening: name.folder).synchronize()
    }

    /// Waits until all files are on the device, gives the folder its final name, and waits for that too.
    /// - Throws: `exists` where the name was taken meanwhile; `diskFull`, `writeFailed`. The folder is then removed.
    public consuming func commit() throws(FormatError) {
        for entry in PendingFolder.entries(in: name.temporary) { try PendingFolder.synchronize(entry) }
        try FileDescriptor(opening: name.temporary).synchronize()
        // A rename would replace a folder that is empty, and refuses every other.
        if name.isOccupied, !(overwrites && name.isFolder) { throw name.occupiedError }
        let old = name.temporary + ".old"
        let replaces = name.isOccupied
        if replaces, rename(name.final, old) != 0 { throw SystemFailure.last.error(.creating, file: name.final) }
        guard rename(name.temporary, name.final) == 0 else {
            let failure = SystemFailure.last
            if replaces { _ = rename(old, name.final) }
            throw failure.error(.creating, file: name.final)
        }
        if replaces { PendingFolder.remove(old) }
        try FileDescriptor(opening: name.folder).synchronize()
    }

    /// Waits until a file, or a folder and all below it, is on the device.
    private static func synchronize(_ entry: Entry) throws(FormatError) {
        if entry.isFolder {
            for inner in entries(in: entry.path) { try synchronize(inner) }
        }
        try FileDescriptor(opening: entry.path).synchronize()
    }

    private static func copy(_ folder: String, to target: String) throws(FormatError) {
        guard mkdir(target, 0o777) == 0 else { throw SystemFailure.last.error(.creating, file: target) }
        for entry in entries(in: folder) {
            let path = target + "/" + entry.name
            if entry.isFolder { try copy(entry.path, to: path) } else { try FileDescriptor.copy(entry.path, to: path) }
        }
    }

    private static func remove(_ folder: String) {
        for entry in entries(in: folder) { remove(entry) }
        rmdir(folder)
    }

    private static func remove(_ entry: Entry) {
        if entry.isFolder { remove(entry.path) } else { unlink(entry.path) }
    }

    private struct Entry {
        let name: String
        let path: String
        let isFolder: Bool
    }

    private static func entries(in folder: String) -> [Entry] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let path = folder + "/" + name
            var status = stat()
            // A link is an entry of its own: what it leads to is not ours.
            guard lstat(path, &status) == 0 else { continue }
            entries.append(Entry(name: name, path: path, isFolder: status.st_mode & S_IFMT == S_IFDIR))
        }
        return entries
    }
}
