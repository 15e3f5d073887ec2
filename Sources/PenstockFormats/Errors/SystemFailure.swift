#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A failure that the operating system reported by an error number.
struct SystemFailure: Error {
    /// What was being done.
    enum Activity {
        case opening, reading, creating, writing
    }

    let number: Int32

    /// The failure of the system call that has just returned.
    static var last: SystemFailure { SystemFailure(number: errno) }

    /// The system's words for the number.
    var reason: String { String(cString: strerror(number)) }

    /// The error to tell the user.
    func error(_ activity: Activity, file: String, object: String? = nil) -> FormatError {
        switch number {
        case ENOENT, ENOTDIR:
            switch activity {
            case .opening, .reading:
                return FormatError(
                    .notFound, file: file, object: object, "no such file or folder",
                    hint: "check the name; a relative one begins at the folder in which the program was started")
            case .creating, .writing:
                let folder = SystemFailure.folder(of: file)
                guard SystemFailure.isFolder(folder) else {
                    return FormatError(
                        .cannotCreate, file: file, object: object, "its folder does not exist",
                        hint: "make the folder \(folder) first, or choose another")
                }
                return FormatError(
                    .cannotCreate, file: file, object: object, "nothing can be created in its folder",
                    hint: "choose another folder")
            }
        case EEXIST, ENOTEMPTY:
            return FormatError(.exists, file: file, object: object, "exists already", hint: FormatError.overwriteHint)
        case ENOSPC, EDQUOT:
            return FormatError(
                .diskFull, file: file, object: object, "cannot be written: \(reason)",
                hint: "free some space or choose another folder; nothing was put in place under the final name")
        default:
            let (code, verb): (FormatError.Code, String) =
                switch activity {
                case .opening: (.notReadable, "cannot be opened")
                case .reading: (.readFailed, "cannot be read")
                case .creating: (.cannotCreate, "cannot be created")
                case .writing: (.writeFailed, "cannot be written")
                }
            return FormatError(code, file: file, object: object, "\(verb): \(reason)", hint: remedy(activity))
        }
    }

    /// What helps against failures that have one usual cause.
    private func remedy(_ activity: Activity) -> String? {
        let isInput = activity == .opening || activity == .reading
        return switch number {
        case EISDIR: isInput ? "name a file inside that folder" : "remove the folder, or choose another name"
        case EACCES, EPERM:
            isInput
                ? "ask its owner for permission to read it"
                : "ask the folder's owner for permission, or choose another folder"
        case EROFS: "the file system is mounted read-only: choose another folder"
        case EIO: "the device failed: look at the system's log, and copy what can still be read"
        case EFBIG: "the file system or the limit of the process (ulimit -f) allows no larger file"
        default: nil
        }
    }

    /// The folder in which `file` is or would be.
    private static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension FormatError {
    /// What to do where the output exists.
    static let overwriteHint = "remove it, choose another name, or give --overwrite"
}
