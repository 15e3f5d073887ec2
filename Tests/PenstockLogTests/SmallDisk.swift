import Foundation

/// A file system of a few megabytes, mounted for one test.
final class SmallDisk: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// In memory.
        case tmpfs
        /// In a file; where the kernel allows it, direct writes work there.
        case ext4
    }

    /// Those that this process may mount.
    static let possibleKinds = Kind.allCases.filter { (try? SmallDisk($0)) != nil }

    let path: String
    private let scratch = Scratch()

    init(_ kind: Kind) throws {
        path = scratch.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        switch kind {
        case .tmpfs:
            guard mount("tmpfs", path, "tmpfs", 0, "size=\(8 << 20)") == 0 else { throw Missing() }
        case .ext4:
            let image = scratch.path("image")
            try Data(count: 24 << 20).write(to: URL(fileURLWithPath: image))
            try Self.run(["mkfs.ext4", "-q", "-m", "0", image])
            try Self.run(["mount", "-o", "loop", image, path])
        }
    }

    /// Bytes that files may still take.
    var freeBytes: Int {
        get throws {
            let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
            guard let bytes = attributes[.systemFreeSize] as? Int else { throw Missing() }
            return bytes
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    private static func run(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Missing() }
    }
}
