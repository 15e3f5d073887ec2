internal import Foundation

/// A small file system in memory, mounted until `unmount`. Making one takes the right to mount.
package struct MemoryDisk: Sendable {
    package static let isPossible = isPossibleNow()
    package static let impossible = "needs the right to mount a file system"

    package let path: String

    /// Mounts it at `path`, a folder that is made where it is not there.
    /// - Parameter options: as of `mount -o`, for example `size=64k` or `ro`.
    package init(_ options: String, at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try mount(options, flags: 0)
    }

    /// Changes its options, for example to `ro` or another size.
    package func remount(_ options: String) throws { try mount(options, flags: UInt(MS_REMOUNT)) }

    /// Takes it away, with all that is in it.
    package func unmount() { umount2(path, Int32(MNT_DETACH)) }

    private func mount(_ options: String, flags: UInt) throws {
        // To be read-only is a flag of the call, and the file system does not know the word.
        let words = options.split(separator: ",")
        let data = words.filter { $0 != "ro" }.joined(separator: ",")
        let all = flags | (words.contains("ro") ? UInt(MS_RDONLY) : 0)
        guard Foundation.mount("tmpfs", path, "tmpfs", all, data) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
        }
    }

    private static func isPossibleNow() -> Bool {
        guard let folder = try? TestFolder(), let disk = try? MemoryDisk("size=64k", at: folder.path) else {
            return false
        }
        disk.unmount()
        return true
    }
}
