internal import PenstockEvents

/// The 128 bytes before the body of every batch; `docs/event-log-format.md` has the table.
struct BatchHeader: Equatable {
    static let byteCount = 128
    /// "PSBT", read as a little-endian integer.
    static let magic: UInt32 = 0x5442_5350
    static let version: UInt8 = 1

    var baseOffset: UInt64 = 0
    var generation: UInt64 = 0
    var appendTime = Timestamp(nanoseconds: 0)
    var minTime = Timestamp(nanoseconds: 0)
    var maxTime = Timestamp(nanoseconds: 0)
    var schemaID: UInt64 = 0
    /// The sequence of the first record where a producer numbers its records; in a producer's registration that of its next one.
    var baseSequence: UInt64 = 0
    var count: UInt32 = 0
    var rawBytes: UInt32 = 0
    var storedBytes: UInt32 = 0
    var bodyCRC: UInt32 = 0
    var epoch: UInt32 = 0
    /// The number of the producer that numbers its records, or 0.
    var producer: UInt32 = 0
    var producerEpoch: UInt32 = 0
    var flags: BatchFlags = []
    var codec: BatchCodec = .raw
    var columns: BatchColumns = []
    /// The offset below which everything was acknowledged when the header was made: proof, after a crash, of what may not be missing.
    var committedOffset: UInt64 = 0
    /// The prefix of the body, columns and attributes: what a reader of attributes alone needs.
    var prefixRawBytes: UInt32 = 0
    var prefixStoredBytes: UInt32 = 0
    var prefixCRC: UInt32 = 0

    /// The bytes of the payloads with the gaps between them, before compression.
    var payloadRawBytes: Int { Int(rawBytes - prefixRawBytes) }
    var payloadStoredBytes: Int { Int(storedBytes - prefixStoredBytes) }

    /// The offset behind the last record.
    var nextOffset: UInt64 { baseOffset + UInt64(count) }

    /// The bytes of header and body in the file, up to where the next batch begins.
    var paddedByteCount: Int { (Self.byteCount + Int(storedBytes)).rounded(upTo: Superblock.alignment) }

    /// Writes the header into 128 bytes.
    func encode(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count == Self.byteCount, "a batch header has 128 bytes")
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.set(Self.magic, at: 0)
        bytes.set(baseOffset, at: 8)
        bytes.set(generation, at: 16)
        bytes.set(appendTime.nanoseconds, at: 24)
        bytes.set(minTime.nanoseconds, at: 32)
        bytes.set(maxTime.nanoseconds, at: 40)
        bytes.set(schemaID, at: 48)
        bytes.set(baseSequence, at: 56)
        bytes.set(count, at: 64)
        bytes.set(rawBytes, at: 68)
        bytes.set(storedBytes, at: 72)
        bytes.set(bodyCRC, at: 76)
        bytes.set(epoch, at: 80)
        bytes.set(producer, at: 84)
        bytes.set(producerEpoch, at: 88)
        bytes.set(flags.rawValue, at: 92)
        bytes.set(codec.number, at: 94)
        bytes.set(Self.version, at: 95)
        bytes.set(columns.rawValue, at: 96)
        bytes.set(committedOffset, at: 104)
        bytes.set(prefixStoredBytes, at: 112)
        bytes.set(prefixCRC, at: 116)
        bytes.set(prefixRawBytes, at: 120)
        bytes.set(Self.checksum(UnsafeRawBufferPointer(bytes), generation: generation), at: 4)
    }

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        bytes.withUnsafeMutableBytes { encode(into: $0) }
        return bytes
    }

    /// Reads a header. `generation` is the one of the segment's superblock.
    ///
    /// Magic, checksum, generation, base offset and version have their places in every version, so what is thrown as a newer version
    /// is a whole header that a newer program wrote.
    init(_ bytes: UnsafeRawBufferPointer, generation expected: UInt64) throws(BatchDefect) {
        precondition(bytes.count >= Self.byteCount, "a batch header needs 128 bytes")
        guard bytes.integer(UInt32.self, at: 0) == Self.magic else { throw .noMagic }
        guard bytes.integer(at: 4) == Self.checksum(bytes, generation: expected) else { throw .headerChecksum }
        generation = bytes.integer(at: 16)
        guard generation == expected else { throw .otherGeneration }
        let version = bytes.integer(UInt8.self, at: 95)
        baseOffset = bytes.integer(at: 8)
        guard version <= Self.version else { throw .newerVersion(version, offset: baseOffset) }
        guard version == Self.version else { throw .layout("its version is \(version)") }
        appendTime = Timestamp(nanoseconds: bytes.integer(at: 24))
        minTime = Timestamp(nanoseconds: bytes.integer(at: 32))
        maxTime = Timestamp(nanoseconds: bytes.integer(at: 40))
        schemaID = bytes.integer(at: 48)
        baseSequence = bytes.integer(at: 56)
        count = bytes.integer(at: 64)
        rawBytes = bytes.integer(at: 68)
        storedBytes = bytes.integer(at: 72)
        bodyCRC = bytes.integer(at: 76)
        epoch = bytes.integer(at: 80)
        producer = bytes.integer(at: 84)
        producerEpoch = bytes.integer(at: 88)
        flags = BatchFlags(rawValue: bytes.integer(at: 92))
        let codec = bytes.integer(UInt8.self, at: 94)
        columns = BatchColumns(rawValue: bytes.integer(at: 96))
        committedOffset = bytes.integer(at: 104)
        prefixStoredBytes = bytes.integer(at: 112)
        prefixCRC = bytes.integer(at: 116)
        prefixRawBytes = bytes.integer(at: 120)
        guard count > 0, baseOffset <= UInt64.max - UInt64(count) else { throw .layout("its count is \(count)") }
        guard let known = BatchCodec(number: codec) else { throw .layout("codec \(codec) is not known") }
        self.codec = known
        guard prefixStoredBytes <= storedBytes, prefixRawBytes <= rawBytes, known != .raw || storedBytes == rawBytes
        else { throw .layout("its sections do not add up") }
    }

    init() {}

    private static func checksum(_ bytes: UnsafeRawBufferPointer, generation: UInt64) -> UInt32 {
        let seed = withUnsafeBytes(of: generation.littleEndian) { CRC32C.checksum($0) }
        return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[8..<byteCount]), seed: seed)
    }
}

/// What a batch is, apart from records.
struct BatchFlags: OptionSet {
    let rawValue: UInt16
    /// The body is one control record.
    static let control = BatchFlags(rawValue: 1 << 0)
    /// A row of a transaction, valid if it commits.
    static let transactional = BatchFlags(rawValue: 1 << 1)
    /// The control record that ends a transaction well.
    static let commit = BatchFlags(rawValue: 1 << 2)
    /// The control record that ends a transaction and drops its rows.
    static let abort = BatchFlags(rawValue: 1 << 3)
    /// Reserved: a checkpoint barrier.
    static let barrier = BatchFlags(rawValue: 1 << 4)
    /// The control record that begins a transaction.
    static let begin = BatchFlags(rawValue: 1 << 5)
}

/// Why bytes of a segment are not a batch.
enum BatchDefect: Error, Equatable, CustomStringConvertible {
    case endOfFile
    case noMagic
    case headerChecksum
    case otherGeneration
    /// An intact header of a version that only newer programs know.
    case newerVersion(UInt8, offset: UInt64)
    case offset(expected: UInt64, found: UInt64)
    case epochFell(from: UInt32, to: UInt32)
    case tooLarge(Int, limit: Int)
    case truncated(needed: Int, available: Int)
    case bodyChecksum
    case layout(String)

    var description: String {
        switch self {
        case .endOfFile: "the file ends"
        case .noMagic: "no batch begins there"
        case .headerChecksum: "the header's checksum is wrong"
        case .otherGeneration: "the batch is from an earlier use of the file"
        case .newerVersion(let version, let offset): "the batch at offset \(offset) has format version \(version)"
        case .offset(let expected, let found): "the batch begins at offset \(found) instead of \(expected)"
        case .epochFell(let from, let to): "the owner's epoch fell from \(from) to \(to)"
        case .tooLarge(let bytes, let limit): "the batch claims \(bytes) bytes, more than the limit of \(limit)"
        case .truncated(let needed, let available): "the batch needs \(needed) bytes, \(available) are there"
        case .bodyChecksum: "the body's checksum is wrong"
        case .layout(let why): "the batch is malformed: \(why)"
        }
    }
}
