#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A folder of files that appears under its name complete or not at all: a stack of TIFF images, one for each slice.
///
/// The folder is made at `temporaryPath`; files go straight into it, without folders below. Without a `commit`, it is
/// removed with its files at the end of this value's life.
public struct PendingFolder: ~Copyable, Sendable {
    private let name: OutputName

    /// The folder that is filled: `.name.partial-<pid>` beside the final path.
    public var temporaryPath: String { name.temporary }

    /// The path under which the folder appears.
    public var finalPath: String { name.final }

    /// Makes the temporary folder. A folder that exists under the final name is never replaced.
    /// - Throws: `exists`, `cannotCreate` or `diskFull`.
    public init(_ path: String) throws(FormatError) {
        let name = try OutputName(path)
        if name.isOccupied { throw name.occupiedError }
        PendingFolder.remove(name.temporary)
        guard mkdir(name.temporary, 0o777) == 0 else {
            throw SystemFailure.last.error(.creating, file: name.temporary)
        }
        self.name = name
    }

    deinit { PendingFolder.remove(name.temporary) }

    /// Waits until all files are on the device, gives the folder its final name, and waits for that too.
    /// - Throws: `exists` where the name was taken meanwhile; `diskFull`, `writeFailed`. The folder is then removed.
    public consuming func commit() throws(FormatError) {
        for file in PendingFolder.files(in: name.temporary) { try FileDescriptor(opening: file).synchronize() }
        try FileDescriptor(opening: name.temporary).synchronize()
        // A rename would replace a folder that is empty, and refuses every other.
        if name.isOccupied { throw name.occupiedError }
        guard rename(name.temporary, name.final) == 0 else {
            throw SystemFailure.last.error(.creating, file: name.final)
        }
        try FileDescriptor(opening: name.folder).synchronize()
    }

    private static func files(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var files: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { files.append(folder + "/" + name) }
        }
        return files
    }

    private static func remove(_ folder: String) {
        for file in files(in: folder) { unlink(file) }
        rmdir(folder)
    }
}
