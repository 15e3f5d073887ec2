import PenstockEvents
import PenstockLog

@testable import BrokerPeer

/// A batch as an honest producer sends it, whose bytes a liar changes.
struct HonestBatch {
    var header: [UInt8]
    var body: [UInt8]

    init(_ producer: UInt64, count: Int, codec: BatchCodec = .raw, byteCount: Int? = 200) throws {
        var records = RecordBatchBuilder(schemaID: Load.schema.id)
        for sequence in 0..<UInt64(count) {
            records.append(
                Load(producer: producer, sequence: sequence, byteCount: byteCount),
                time: Timestamp(nanoseconds: Int64(sequence) + 1_000))
        }
        self.init(
            try PortableBatch(records, codec: codec, limits: LogLimits(), partition: TopicPartition(Load.topic)) {
                Payload.Storage(byteCount: $0)
            })
    }

    init(_ batch: PortableBatch) {
        header = batch.headerBytes
        body = Array(batch.slab.bytes[batch.body])
    }

    /// The integer in some bytes of the header.
    func field(_ range: Range<Int>) -> UInt64 {
        range.reversed().reduce(0) { $0 << 8 | UInt64(header[$1]) }
    }

    mutating func set(_ range: Range<Int>, _ value: UInt64) {
        for (index, place) in range.enumerated() {
            header[place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
    }

    /// Puts the checksums right, as a liar who knows the format does: those of the body, and that of the header.
    mutating func sealed(body changesBody: Bool = true) {
        guard header.count == PortableBatch.headerByteCount else { return }
        if changesBody {
            let prefix = min(Int(field(112..<116)), body.count)
            set(116..<120, UInt64(body[..<prefix].withUnsafeBytes { CRC32C.checksum($0) }))
            set(76..<80, UInt64(body.withUnsafeBytes { CRC32C.checksum($0) }))
        }
        let seed = [UInt8](repeating: 0, count: 8).withUnsafeBytes { CRC32C.checksum($0) }
        set(4..<8, UInt64(header[8...].withUnsafeBytes { CRC32C.checksum($0, seed: seed) }))
    }
}
