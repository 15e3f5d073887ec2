#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A descriptor of the operating system, closed when it goes.
struct FileDescriptor: ~Copyable, Sendable {
    let number: CInt

    init(path: String, flags: CInt) throws(StorageError) {
        number = try StorageError.check("open", path) { Self.openFile(path, flags | O_CLOEXEC) }
    }

    deinit { _ = close(number) }

    // The last descriptors are not ours to take: then there is none.
    private static func openFile(_ path: String, _ flags: CInt) -> CInt {
        let number = open(path, flags, 0o666)
        guard number >= 0, DescriptorReserve.isTouched(by: number) else { return number }
        _ = close(number)
        errno = EMFILE
        return -1
    }
}

extension StorageError {
    /// Runs a system call, again where a signal interrupted it, and throws where it returns a negative number.
    @discardableResult
    static func check<Number: SignedInteger>(
        _ operation: String, _ path: String, _ call: () -> Number
    ) throws(StorageError) -> Number {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw StorageError(operation: operation, path: path, code: code) }
        }
    }

    /// The error that the system's `code` stands for.
    init(operation: String, path: String, code: CInt) {
        let reason: Reason =
            switch code {
            case ENOENT: .notFound
            case EEXIST: .alreadyExists
            case ENOTDIR: .notADirectory
            case ENOTEMPTY: .notEmpty
            case ENOSPC, EDQUOT: .noSpace
            case EACCES, EPERM, EROFS: .permissionDenied
            case EMFILE, ENFILE: .tooManyOpenFiles
            default: .other
            }
        self.init(operation: operation, path: path, reason: reason, text: String(cString: strerror(code)))
    }
}
