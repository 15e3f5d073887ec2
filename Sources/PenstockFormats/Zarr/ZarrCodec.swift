internal import CLZ4
internal import CZlib
internal import CZstd

/// How the chunks of a Zarr array are compressed.
public enum ZarrCodec: String, Sendable, Hashable, CaseIterable {
    /// Not at all.
    case none
    /// gzip (RFC 1952) at level 5: smaller than LZ4, slow; every reader has it.
    case gzip
    /// Zstandard (RFC 8878) at level 1: smaller and faster than gzip.
    case zstd
    /// LZ4 blocks: the fastest. In version 3 it is an extension that zarr-python reads, `numcodecs.lz4`.
    case lz4

    private static let gzipLevel = 5
    private static let zstdLevel = 1

    /// The compressor of `.zarray`.
    var compressor: JSONValue {
        switch self {
        case .none: .null
        case .gzip: .object([("id", "gzip"), ("level", .integer(Self.gzipLevel))])
        case .zstd: .object([("id", "zstd"), ("level", .integer(Self.zstdLevel))])
        case .lz4: .object([("id", "lz4"), ("acceleration", 1)])
        }
    }

    /// The codecs of `zarr.json`, behind the one that makes bytes of numbers.
    var codecs: [JSONValue] {
        func codec(_ name: String, _ configuration: [(String, JSONValue)]) -> [JSONValue] {
            [.object([("name", .text(name)), ("configuration", .object(configuration))])]
        }
        return switch self {
        case .none: []
        case .gzip: codec("gzip", [("level", .integer(Self.gzipLevel))])
        case .zstd: codec("zstd", [("level", .integer(Self.zstdLevel)), ("checksum", false)])
        case .lz4: codec("numcodecs.lz4", [("acceleration", 1)])
        }
    }

    /// What `chunk` becomes in its file; the same bytes give the same bytes with the same build of the library.
    func encode(_ chunk: UnsafeRawBufferPointer) -> [UInt8] {
        switch self {
        case .none: return Array(chunk)
        case .gzip:
            return bytes(upTo: penstock_gzip_bound(chunk.count)) { target in
                penstock_gzip(chunk.baseAddress, chunk.count, target.baseAddress, target.count, Int32(Self.gzipLevel))
            }
        case .zstd:
            return bytes(upTo: ZSTD_compressBound(chunk.count)) { target in
                let size = ZSTD_compress(
                    target.baseAddress, target.count, chunk.baseAddress, chunk.count, Int32(Self.zstdLevel))
                return ZSTD_isError(size) == 0 ? size : 0
            }
        case .lz4:
            // numcodecs puts the count of the bytes in front, 32 bits little-endian.
            precondition(chunk.count <= Int(LZ4_MAX_INPUT_SIZE), "a chunk is too large for LZ4")
            return bytes(upTo: 4 + Int(LZ4_compressBound(Int32(chunk.count)))) { target in
                target.storeBytes(of: UInt32(chunk.count).littleEndian, as: UInt32.self)
                let room = UnsafeMutableRawBufferPointer(rebasing: target[4...])
                let size = LZ4_compress_default(
                    chunk.bindMemory(to: CChar.self).baseAddress, room.bindMemory(to: CChar.self).baseAddress,
                    Int32(chunk.count), Int32(room.count))
                return size > 0 ? 4 + Int(size) : 0
            }
        }
    }

    /// The bytes that `fill` writes; it gives their number.
    private func bytes(upTo bound: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bound) { memory, count in
            count = fill(UnsafeMutableRawBufferPointer(memory))
            // With room for the worst case, only memory can be missing.
            precondition(count > 0, "a chunk could not be compressed: no memory")
        }
    }
}
