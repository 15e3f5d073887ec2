#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What something in the file system is, by its first bytes and not by its name.
public enum FileKind: Sendable, Hashable {
    /// A folder.
    case folder
    /// An HDF5 file, also one with a user block in front.
    case hdf5
    /// A TIFF or BigTIFF file of either byte order.
    case tiff
    /// Anything else.
    case other

    private static let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let tiffSignatures: [[UInt8]] = [
        [0x49, 0x49, 42, 0], [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43],
    ]

    /// Looks at what is at `path`.
    /// - Throws: `notFound`, `notReadable`, `readFailed`.
    public init(of path: String) throws(FormatError) {
        let file = try FileDescriptor(opening: path)
        if file.isFolder {
            self = .folder
            return
        }
        let start = try file.bytes(at: 0, count: 8)
        if Self.tiffSignatures.contains(where: { start.starts(with: $0) }) {
            self = .tiff
            return
        }
        // The signature of HDF5 stands at 0, 512, 1024, 2048 and so on: what is in front belongs to the user.
        var offset = 0
        var bytes = start
        while bytes.count == 8 {
            if bytes == Self.hdf5Signature {
                self = .hdf5
                return
            }
            offset = max(512, 2 * offset)
            bytes = try file.bytes(at: offset, count: 8)
        }
        self = .other
    }
}
