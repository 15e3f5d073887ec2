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

    /// The folder that is filled: `.name.partial-<pid>` beside the final path.
    public var temporaryPath: String { name.temporary }

    /// The path under which the folder appears.
    public var finalPath: String { name.final }

    /// Makes the temporary folder.
    /// - Parameter overwrites: Whether a folder that exists is replaced at `commit`, with all that is in it; if not, it is
    ///   refused here and again at `commit`. A file is never replaced.
    /// - Throws: `exists`, `cannotCreate` or `diskFull`.
    public init(_ path: String, overwrites: Bool = false) throws(FormatError) {
        let name = try OutputName(path)
        if name.isOccupied, !(overwrites && name.isFolder) { throw name.occupiedError }
        PendingFolder.remove(name.temporary)
        guard mkdir(name.temporary, 0o777) == 0 else {
            throw SystemFailure.last.error(.creating, file: name.final)
        }
        self.name = name
        self.overwrites = overwrites
    }

    deinit { PendingFolder.remove(name.temporary) }

    /// Waits until all files are on the device, gives the folder its final name, and waits for that too.
    /// - Throws: `exists` where the name was taken meanwhile; `diskFull`, `writeFailed`. The folder is then removed.
    public consuming func commit() throws(FormatError) {
        try PendingFolder.synchronize(name.temporary)
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

    /// Waits until a folder and all below it are on the device.
    private static func synchronize(_ folder: String) throws(FormatError) {
        for entry in entries(in: folder) {
            if entry.isFolder {
                try synchronize(entry.path)
            } else {
                try FileDescriptor(opening: entry.path).synchronize()
            }
        }
        try FileDescriptor(opening: folder).synchronize()
    }

    private static func remove(_ folder: String) {
        for entry in entries(in: folder) {
            if entry.isFolder { remove(entry.path) } else { unlink(entry.path) }
        }
        rmdir(folder)
    }

    private static func entries(in folder: String) -> [(path: String, isFolder: Bool)] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var entries: [(path: String, isFolder: Bool)] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let path = folder + "/" + name
            var status = stat()
            // A link is an entry of its own: what it leads to is not ours.
            guard lstat(path, &status) == 0 else { continue }
            entries.append((path, status.st_mode & S_IFMT == S_IFDIR))
        }
        return entries
    }
}
