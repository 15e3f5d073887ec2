internal import Foundation
internal import PenstockLog

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A folder of the file system. It is made where it is absent; the one above it has to be there.
struct DiskSpillFolder: SpillFolder {
    let path: String

    /// The folder for temporary files of the system.
    static var temporary: DiskSpillFolder {
        DiskSpillFolder(path: ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp")
    }

    func makeFile() throws(SpillFault) -> any SpillFile {
        do { try DescriptorReserve.check("spill state") } catch {
            throw SpillFault(action: .create, reason: error.summary)
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last(.create) }
        var name = Array("\(path)/penstock-spill-XXXXXX".utf8CString)
        let number = name.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
        guard number >= 0 else { throw .last(.create) }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        // Without a name the file goes with the process, however that ends.
        guard name.withUnsafeBufferPointer({ unlink($0.baseAddress!) }) == 0 else {
            let fault = SpillFault.last(.create)
            _ = close(number)
            throw fault
        }
        return DiskSpillFile(number)
    }
}

/// A file without a name. Ownership: the descriptor is the file's own and closed with it.
private final class DiskSpillFile: SpillFile {
    private let number: CInt

    init(_ number: CInt) { self.number = number }

    deinit { _ = close(number) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SpillFault) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(number, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .last(.write)
            }
            done += count
        }
    }

    func read(into memory: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SpillFault) -> Int {
        var done = 0
        while done < memory.count {
            let count = pread(number, memory.baseAddress! + done, memory.count - done, off_t(offset) + off_t(done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .last(.read)
            }
            done += count
        }
        return done
    }
}

extension SpillFault {
    /// Why the last call of the system failed.
    fileprivate static func last(_ action: Action) -> SpillFault {
        let code = errno
        return SpillFault(
            action: action, reason: String(cString: strerror(code)), isFull: code == ENOSPC || code == EDQUOT)
    }
}
