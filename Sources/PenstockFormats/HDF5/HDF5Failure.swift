internal import CHDF5

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What the library's error stack says about the call that has just failed.
struct HDF5Failure {
    /// The innermost message: the library's stack is told from the cause outwards.
    let reason: String
    /// The error number of the system call that failed, where it was one.
    let systemNumber: Int32?

    /// Reads the error stack. Must be called before any other call of the library, which would clear it.
    static func last() -> HDF5Failure {
        var innermost: String?
        withUnsafeMutablePointer(to: &innermost) { place in
            _ = H5Ewalk2(
                penstock_h5_default_properties(), H5E_WALK_UPWARD,
                { _, entry, place in
                    let innermost = place!.assumingMemoryBound(to: String?.self)
                    if innermost.pointee == nil, let text = entry?.pointee.desc {
                        innermost.pointee = String(cString: text)
                    }
                    return 0
                }, place)
        }
        let text = innermost ?? "the HDF5 library gives no reason"
        return HDF5Failure(reason: text, systemNumber: number(after: "errno = ", in: text))
    }

    /// The error to tell the user: by the system's number where there is one, else `code` and the library's words.
    func error(_ code: FormatError.Code, _ activity: SystemFailure.Activity, file: String, object: String? = nil)
        -> FormatError
    {
        if let systemNumber {
            if activity == .opening, systemNumber == EAGAIN || systemNumber == EWOULDBLOCK {
                return FormatError(
                    .notReadable, file: file, object: object, "is locked by a program that writes it",
                    hint: "wait until it is closed, or set HDF5_USE_FILE_LOCKING=FALSE to read it as it is")
            }
            return SystemFailure(number: systemNumber).error(activity, file: file, object: object)
        }
        if reason.hasPrefix("file signature not found") {
            return FormatError(
                .wrongFormat, file: file, object: object, "is not an HDF5 file",
                hint: "check that it is the file you mean; `h5ls FILE` lists what an HDF5 file holds")
        }
        if reason.hasPrefix("truncated file") || reason.contains("past end of allocation")
            || reason.contains("addr overflow") || reason.contains("end of file")
        {
            return FormatError(
                .truncated, file: file, object: object, "is cut off or still being written: \(reason)",
                hint: "copy it again, or wait until its writer has closed it")
        }
        return FormatError(code, file: file, object: object, reason)
    }

    private static func number(after label: String, in text: String) -> Int32? {
        var rest = Substring(text)
        while !rest.isEmpty, !rest.hasPrefix(label) { rest.removeFirst() }
        return Int32(rest.dropFirst(label.count).prefix { $0.isNumber })
    }
}
