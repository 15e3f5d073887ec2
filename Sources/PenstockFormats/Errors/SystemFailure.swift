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
            let isOutput = activity == .creating || activity == .writing
            return FormatError(
                isOutput ? .cannotCreate : .notFound, file: file, object: object,
                isOutput ? "its folder does not exist" : "no such file or folder",
                hint: isOutput
                    ? "make the folder first" : "look for a slip in the name; a relative one begins in this folder")
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
            return FormatError(code, file: file, object: object, "\(verb): \(reason)")
        }
    }
}

extension FormatError {
    /// What to do where the output exists.
    static let overwriteHint = "remove it, choose another name, or use --overwrite"
}
