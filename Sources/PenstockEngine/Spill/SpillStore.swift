internal import PenstockEvents

/// What a stage instance has put on disk: records in files that are only ever appended to.
///
/// A file that has come to `segmentBytes` is closed for writing. Once more than half of one is dead, whoever holds the records moves those
/// that live to the end, and the file goes: so the files never take more than twice what lives, and one file. Belongs to one stage actor.
final class SpillStore {
    /// Where a record is. Positions count through all files and are never used again.
    struct Record: Hashable {
        let position: UInt64
        let length: UInt32
    }

    private struct Segment {
        let base: UInt64
        let file: any SpillFile
        var byteCount: UInt64 = 0
        var deadBytes: UInt64 = 0

        var end: UInt64 { base + byteCount }
        var isSparse: Bool { deadBytes * 2 > byteCount }
    }

    /// The most bytes that wait to be written together.
    private static let largestBuffer = 256 << 10
    private static let checksumBytes = MemoryLayout<UInt32>.size

    private let stage: StageName
    private let folder: any SpillFolder
    private let segmentBytes: UInt64
    private var segments: [Segment] = []
    /// The end of the last file, which has not been written yet.
    private var buffer: [UInt8] = []
    /// The end of the last file that has gone while it was the last.
    private var nextBase: UInt64 = 0
    /// Whether a file may have become mostly dead since that was last asked.
    private var mayBeSparse = false
    /// How many bytes of records live.
    private(set) var liveBytes = 0

    init(stage: StageName, _ folder: any SpillFolder, segmentBytes: Int) {
        self.stage = stage
        self.folder = folder
        self.segmentBytes = UInt64(segmentBytes)
    }

    /// How many bytes all files take.
    var fileBytes: Int { segments.reduce(0) { $0 + Int($1.byteCount) } }

    /// Appends a record.
    func append(_ bytes: [UInt8]) throws -> Record {
        guard let length = UInt32(exactly: bytes.count + Self.checksumBytes) else {
            throw failed(.tooLong, bytes.count)
        }
        try beginSegment()
        let record = Record(position: segments[segments.count - 1].end, length: length)
        withUnsafeBytes(of: Self.checksum(bytes[...], at: record.position).littleEndian) {
            buffer.append(contentsOf: $0)
        }
        buffer.append(contentsOf: bytes)
        segments[segments.count - 1].byteCount += UInt64(length)
        liveBytes += Int(length)
        if buffer.count >= min(Self.largestBuffer, Int(segmentBytes)) { try flush() }
        return record
    }

    /// The bytes of a record.
    func read(_ record: Record) throws -> ArraySlice<UInt8> {
        let segment = segments[index(of: record)]
        let unwritten = segment.end - UInt64(buffer.count)
        var bytes: [UInt8]
        if segment.base == segments.last?.base, record.position >= unwritten {
            let start = Int(record.position - unwritten)
            bytes = Array(buffer[start..<start + Int(record.length)])
        } else {
            bytes = [UInt8](repeating: 0, count: Int(record.length))
            let count = try explained(bytes.count) {
                try bytes.withUnsafeMutableBytes {
                    try segment.file.read(into: $0, at: record.position - segment.base)
                }
            }
            guard count == bytes.count else { throw failed(.damaged(position: record.position), bytes.count) }
        }
        let content = bytes[Self.checksumBytes...]
        let written = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
        guard written == Self.checksum(content, at: record.position) else {
            throw failed(.damaged(position: record.position), bytes.count)
        }
        return content
    }

    /// A record is needed no more.
    func drop(_ record: Record) {
        let index = index(of: record)
        segments[index].deadBytes += UInt64(record.length)
        liveBytes -= Int(record.length)
        if segments[index].isSparse, index < segments.count - 1 { mayBeSparse = true }
        guard segments[index].deadBytes == segments[index].byteCount else { return }
        if index == segments.count - 1 {
            nextBase = segments[index].end
            buffer.removeAll(keepingCapacity: true)
        }
        segments.remove(at: index)
    }

    /// The positions in a file most of which is dead, if there is one that nothing is appended to any more.
    func takeSparse() -> Range<UInt64>? {
        guard mayBeSparse else { return nil }
        guard let segment = segments.dropLast().first(where: \.isSparse) else {
            mayBeSparse = false
            return nil
        }
        return segment.base..<segment.end
    }

    // MARK: Files

    /// Makes the last file one that may be appended to.
    private func beginSegment() throws {
        if let last = segments.last, last.byteCount < segmentBytes { return }
        try flush()
        if segments.last?.isSparse == true { mayBeSparse = true }
        let base = max(segments.last?.end ?? 0, nextBase)
        let file = try explained(0) { try folder.makeFile() }
        segments.append(Segment(base: base, file: file))
    }

    private func flush() throws {
        guard !buffer.isEmpty, let last = segments.last else { return }
        try explained(buffer.count) {
            try buffer.withUnsafeBytes { try last.file.write($0, at: last.byteCount - UInt64($0.count)) }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func index(of record: Record) -> Int {
        var (low, high) = (0, segments.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].base <= record.position { low = middle } else { high = middle }
        }
        return low
    }

    /// The place goes into the checksum, so that a record that stands where another should is found out.
    private static func checksum(_ bytes: ArraySlice<UInt8>, at position: UInt64) -> UInt32 {
        let seed = withUnsafeBytes(of: position.littleEndian) { CRC32C.checksum($0) }
        return bytes.withUnsafeBytes { CRC32C.checksum($0, seed: seed) }
    }

    private func explained<Result>(_ byteCount: Int, _ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let fault as SpillFault { throw failed(.fault(fault), byteCount) }
    }

    private func failed(_ cause: SpillFailed.Cause, _ bytes: Int) -> SpillFailed {
        SpillFailed(
            stage: stage, folder: folder.path, cause: cause, bytes: bytes,
            spilledBytes: fileBytes - buffer.count)
    }
}
