internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The final and the temporary path of an output, taken by one writer of this process at a time.
///
/// The temporary name is `.name.partial-<pid>` in the same folder: a rename stays within the file system, a listing
/// shows whose it is, and what a killed process of the same number left behind is replaced.
struct OutputName: ~Copyable {
    private static let taken = Mutex<Set<String>>([])

    private static let mark = ".partial-"

    let final: String
    let temporary: String
    let folder: String

    /// Takes the name.
    /// - Parameter earlier: The temporary name that an earlier process gave, for whoever goes on with it: it stays, since the checkpoint that
    ///   names it is the last one until the next is complete.
    /// - Throws: `exists` where another writer of this process holds it.
    init(_ final: String, continuing earlier: String? = nil) throws(FormatError) {
        var path = final
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let slash = path.lastIndex(of: "/")
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        let parent = slash.map { String(path[...$0]) } ?? "./"
        guard !name.isEmpty, name != ".", name != ".." else {
            throw FormatError(
                .cannotCreate, file: final, "is not the name of a file or folder to be made",
                hint: "give the name of a file or folder that does not exist yet")
        }
        let temporary = earlier ?? (slash == nil ? "" : parent) + ".\(name)\(Self.mark)\(getpid())"
        guard OutputName.taken.withLock({ $0.insert(temporary).inserted }) else {
            throw FormatError(
                .exists, file: final, "is being written by another part of this process",
                hint: "give each output its own name")
        }
        self.final = path
        self.temporary = temporary
        self.folder = parent
    }

    deinit {
        let temporary = temporary
        OutputName.taken.withLock { _ = $0.remove(temporary) }
    }

    /// Whether something of the final name is there; a dangling link counts.
    var isOccupied: Bool {
        var status = stat()
        return lstat(final, &status) == 0
    }

    /// Whether the temporary file or folder is there.
    var isBegun: Bool {
        var status = stat()
        return lstat(temporary, &status) == 0
    }

    /// The name in its folder that a temporary one stands for; nil for any other name.
    static func finalName(ofTemporary name: String) -> String? {
        guard name.hasPrefix("."), let dot = name.lastIndex(of: "."), name[dot...].hasPrefix(mark) else { return nil }
        return String(name[name.index(after: name.startIndex)..<dot])
    }

    /// Whether the final name is that of a folder.
    var isFolder: Bool {
        var status = stat()
        return lstat(final, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The error where the temporary file or folder of an earlier process is not there, and the finished one neither.
    var goneError: FormatError {
        FormatError(
            .notFound, file: temporary, "what the checkpoint goes on with is gone, half-written as it was",
            hint: "put it back, or begin anew without the checkpoint")
    }

    /// The error where the final name is occupied.
    var occupiedError: FormatError {
        FormatError(.exists, file: final, "exists already", hint: FormatError.overwriteHint)
    }
}
