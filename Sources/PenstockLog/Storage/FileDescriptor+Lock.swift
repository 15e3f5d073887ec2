#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Locks that belong to the open file (fcntl(2), "open file description locks"): they exclude two writers of one process as well
/// as those of two, end with the process, work over NFS, and can be asked for without being taken.
extension FileDescriptor {
    // The values of the kernel's interface; the C header shows them only under _GNU_SOURCE.
    private static let getLock: CInt = 36
    private static let setLock: CInt = 37

    /// Takes the lock of the file, for this open file alone or shared with others; false where another one is in the way.
    borrowing func tryLock(path: String, shared: Bool) throws(StorageError) -> Bool {
        var request = Self.request(shared ? F_RDLCK : F_WRLCK)
        let number = number
        while fcntl(number, Self.setLock, &request) < 0 {
            switch errno {
            case EINTR: continue
            case EAGAIN, EACCES: return false
            case let code: throw StorageError(operation: "lock", path: path, code: code)
            }
        }
        return true
    }

    /// Gives the lock back. To close the descriptor is not enough: a process that is just being started has a copy of it for a moment,
    /// and with it the lock.
    borrowing func unlock() {
        var request = Self.request(F_UNLCK)
        let number = number
        while fcntl(number, Self.setLock, &request) < 0, errno == EINTR {}
    }

    /// Whether another open file has the lock, alone or shared.
    borrowing func isLockedByAnother(path: String) throws(StorageError) -> Bool {
        var request = Self.request(F_WRLCK)
        let number = number
        try StorageError.check("ask for the lock of", path) { fcntl(number, Self.getLock, &request) }
        return CInt(request.l_type) != CInt(F_UNLCK)
    }

    private static func request(_ type: Int32) -> flock {
        var request = flock()
        request.l_type = Int16(type)
        request.l_whence = Int16(SEEK_SET)
        return request
    }
}
