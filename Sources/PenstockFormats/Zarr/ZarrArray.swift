#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A Zarr array on its way to a folder of chunks, of version 2 or 3 of the format. Numbers are little-endian, in C order; the fill value is 0.
///
/// The folder is not an output by itself: it goes into a `PendingFolder`, which appears complete or not at all.
public struct ZarrArray: Sendable {
    /// The extents, slowest axis first.
    public let shape: [Int]
    /// The extents of a chunk. Chunks at the edge are stored whole, filled up with 0.
    public let chunk: [Int]
    /// The type of the numbers.
    public let elementType: ElementType

    private let folder: String
    private let format: ZarrFormat
    private let codec: ZarrCodec

    /// Makes the folder of an array, and says in it what the array is.
    /// - Parameter axes: A name for each axis.
    /// - Precondition: `shape`, `chunk` and `axes` have the same count; the extents are positive.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    public init(
        creating folder: String, shape: [Int], chunk: [Int], of elementType: ElementType, axes: [String],
        format: ZarrFormat, codec: ZarrCodec
    ) throws(FormatError) {
        precondition(shape.count == chunk.count && shape.count == axes.count && !shape.isEmpty)
        precondition(shape.allSatisfy { $0 > 0 } && chunk.allSatisfy { $0 > 0 })
        self.shape = shape
        self.chunk = chunk
        self.elementType = elementType
        self.folder = folder
        self.format = format
        self.codec = codec
        try Self.makeFolder(folder)
        try describe(axes)
    }

    /// The number of chunks along each axis.
    public var chunkCounts: [Int] { zip(shape, chunk).map { ($0 + $1 - 1) / $1 } }

    /// Writes one chunk. Each is written once.
    /// - Parameters:
    ///   - index: The chunk's place among the chunks, on each axis.
    ///   - bytes: All elements of the chunk, also those beyond the array's edge.
    /// - Throws: `exists`, `diskFull`, `writeFailed`.
    public func write(chunk index: [Int], _ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        precondition(bytes.count == chunk.reduce(elementType.byteCount, *), "the memory is not of the size of a chunk")
        precondition(index.count == shape.count && zip(index, chunkCounts).allSatisfy { 0 <= $0 && $0 < $1 })
        let name = format.chunkName(index)
        var parent = folder
        for part in name.split(separator: "/").dropLast() {
            parent += "/" + part
            try Self.makeFolder(parent)
        }
        let file = try FileDescriptor(creating: "\(folder)/\(name)")
        // Without compression the caller's memory goes to the file as it is.
        if codec == .none { try file.write(bytes) } else { try file.write(codec.encode(bytes)) }
    }

    private func describe(_ axes: [String]) throws(FormatError) {
        let shape = JSONValue.array(shape.map { .integer($0) })
        let chunk = JSONValue.array(chunk.map { .integer($0) })
        let names = JSONValue.array(axes.map { .text($0) })
        let type = JSONValue.text(format.typeName(elementType))
        let metadata = "\(folder)/\(format.metadataName(ofArray: true))"
        switch format {
        case .v2:
            try ZarrGroup.write(
                .object([
                    ("zarr_format", 2), ("shape", shape), ("chunks", chunk), ("dtype", type),
                    ("compressor", codec.compressor), ("fill_value", 0), ("order", "C"), ("filters", .null),
                    ("dimension_separator", "/"),
                ]), to: metadata)
            // What xarray calls the axes by.
            try ZarrGroup.write(.object([("_ARRAY_DIMENSIONS", names)]), to: "\(folder)/.zattrs")
        case .v3:
            let endian: [(String, JSONValue)] =
                elementType.byteCount == 1 ? [] : [("configuration", .object([("endian", "little")]))]
            try ZarrGroup.write(
                .object([
                    ("zarr_format", 3), ("node_type", "array"), ("shape", shape), ("data_type", type),
                    (
                        "chunk_grid",
                        .object([("name", "regular"), ("configuration", .object([("chunk_shape", chunk)]))])
                    ),
                    (
                        "chunk_key_encoding",
                        .object([("name", "default"), ("configuration", .object([("separator", "/")]))])
                    ),
                    ("fill_value", 0), ("codecs", .array([.object([("name", "bytes")] + endian)] + codec.codecs)),
                    ("attributes", .object([])), ("dimension_names", names),
                ]), to: metadata)
        }
    }

    private static func makeFolder(_ path: String) throws(FormatError) {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw SystemFailure.last.error(.creating, file: path)
        }
    }
}
