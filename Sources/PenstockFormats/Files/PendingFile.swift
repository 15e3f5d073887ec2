#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A file that appears under its name complete or not at all.
///
/// A writer makes the file at `temporaryPath`, closes it, and `commit` puts it in place. Without a commit, the
/// temporary file is removed at the end of this value's life.
///
///     let output = try PendingFile("volume.h5")
///     let file = try HDF5File(creating: output.temporaryPath)
///     …
///     try file.close()
///     try output.commit()
public struct PendingFile: ~Copyable, Sendable {
    private let name: OutputName
    private let overwrites: Bool
    private var isLeft = false

    /// Where the writer makes the file: `.name.partial-<pid>` beside the final path, with the number of the process that began it. It does not
    /// exist yet, unless an earlier process made it.
    public var temporaryPath: String { name.temporary }

    /// The path under which the file appears.
    public var finalPath: String { name.final }

    /// Reserves the name, and makes sure that its folder takes new files: better now than when the work is done.
    /// - Parameters:
    ///   - overwrites: Whether a file that exists is replaced; if not, it is refused here and again at
    ///     `commit`. A folder is never replaced.
    ///   - earlier: The temporary path of an earlier process, which this file takes; nil for one of its own.
    /// - Throws: `exists`, `cannotCreate` or `diskFull`.
    public init(
        _ path: String, overwrites: Bool = false, inPlaceOf earlier: String? = nil
    ) throws(FormatError) {
        let name = try OutputName(path, continuing: earlier)
        if !overwrites, name.isOccupied { throw name.occupiedError }
        if name.isFolder { throw SystemFailure(number: EISDIR).error(.creating, file: name.final) }
        unlink(name.temporary)
        let probe = open(name.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard probe >= 0 else { throw SystemFailure.last.error(.creating, file: name.final) }
        close(probe)
        unlink(name.temporary)
        self.name = name
        self.overwrites = overwrites
    }

    /// Goes on with the temporary file of an earlier process. Where that came to its end after all, it is a copy of the finished file, which
    /// is then to be replaced.
    /// - Parameter earlier: The temporary path of then, which stays that of this file.
    /// - Throws: as above; `notFound` where neither is there.
    public init(_ path: String, overwrites: Bool = false, continuing earlier: String) throws(FormatError) {
        let name = try OutputName(path, continuing: earlier)
        if !overwrites, name.isOccupied { throw name.occupiedError }
        if !name.isBegun {
            guard name.isOccupied else { throw name.goneError }
            let copy = earlier + ".copy"
            unlink(copy)
            try FileDescriptor.copy(name.final, to: copy)
            guard rename(copy, earlier) == 0 else { throw SystemFailure.last.error(.creating, file: earlier) }
        }
        self.name = name
        self.overwrites = overwrites
    }

    /// Waits until what was written is on the device, so that a checkpoint may refer to it.
    /// - Throws: `writeFailed`, `diskFull`; `notFound` before the file has been made.
    public borrowing func synchronize() throws(FormatError) {
        try FileDescriptor(opening: name.temporary).synchronize()
        try FileDescriptor(opening: name.folder).synchronize()
    }

    /// The name of the file that a file of this name in the same folder is a half-written one of; nil for any other name.
    public static func finalName(ofTemporary name: String) -> String? { OutputName.finalName(ofTemporary: name) }

    deinit { if !isLeft { unlink(name.temporary) } }

    /// Leaves the temporary file where it is, for somebody who goes on with it.
    public consuming func leave() { isLeft = true }

    /// Waits until the content is on the device, puts the file under its final name, and waits for that too.
    /// - Throws: `exists` where the name was taken meanwhile; `diskFull`, `writeFailed`. The temporary file is then
    ///   removed.
    public consuming func commit() throws(FormatError) {
        try FileDescriptor(opening: name.temporary).synchronize()
        if overwrites {
            try renameToFinal()
        } else if link(name.temporary, name.final) != 0 {
            // A hard link fails where the name exists, in one step, also over NFS; few file systems have no links.
            switch errno {
            case EPERM, ENOSYS, EOPNOTSUPP, EMLINK:
                if name.isOccupied { throw name.occupiedError }
                try renameToFinal()
            default:
                throw SystemFailure.last.error(.creating, file: name.final)
            }
        } else {
            unlink(name.temporary)
        }
        try FileDescriptor(opening: name.folder).synchronize()
    }

    private borrowing func renameToFinal() throws(FormatError) {
        guard rename(name.temporary, name.final) == 0 else {
            throw SystemFailure.last.error(.creating, file: name.final)
        }
    }
}
