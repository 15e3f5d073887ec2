import PenstockEvents
import PenstockTesting

/// An event that says where it belongs, with a payload that follows from that: whoever reads one knows all that it must hold.
struct Mark: Event, Equatable {
    static let schema = Schema(
        "Mark", fields: [.init("submission", .u64), .init("index", .u32), .init("key", .u32)],
        payload: .init("noise", .bytes))

    let submission: UInt64
    let index: UInt32
    let payload: Payload

    /// Bytes that do not compress, from which every payload is cut.
    private static let noise = {
        var random = SeededRandom(seed: 1)
        return (0..<(1 << 12)).flatMap { _ in
            let word = random.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
    }()

    init(submission: UInt64, index: UInt32, payloadBytes: Int) {
        self.submission = submission
        self.index = index
        let start = Self.start(submission, index)
        payload =
            payloadBytes == 0
            ? .empty
            : Self.noise.withUnsafeBytes {
                Payload(copying: UnsafeRawBufferPointer(rebasing: $0[start..<start + payloadBytes]))
            }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        submission = try record.readInteger()
        index = try record.readInteger()
        guard try record.readInteger(UInt32.self) == Self.key(submission, index) else { throw .invalidField("the key") }
        payload = record.payload
    }

    func write(to record: inout RecordWriter) {
        record.append(submission)
        record.append(index)
        record.append(Self.key(submission, index))
        if !payload.isEmpty { record.setPayload(payload) }
    }

    /// Whether the payload is the one that belongs here, of this length.
    func isIntact(payloadBytes: Int) -> Bool {
        guard payload.count == payloadBytes else { return false }
        let start = Self.start(submission, index)
        return Self.noise.withUnsafeBytes { noise in
            payload.withUnsafeBytes { payload in
                CRC32C.checksum(UnsafeRawBufferPointer(rebasing: noise[start..<start + payloadBytes]))
                    == CRC32C.checksum(payload)
            }
        }
    }

    static func == (a: Mark, b: Mark) -> Bool { (a.submission, a.index) == (b.submission, b.index) }

    /// By what topics with a compaction key are compacted: one of a few.
    static func key(_ submission: UInt64, _ index: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: SplitMix64.mix(submission &* 4096 &+ UInt64(index)) >> 32) % 16
    }

    private static func start(_ submission: UInt64, _ index: UInt32) -> Int {
        Int(SplitMix64.mix(submission &* 4096 &+ UInt64(index)) % (1 << 14))
    }
}
