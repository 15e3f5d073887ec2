import PenstockEvents
import PenstockLog
import PenstockTesting

/// What a batch is made of.
struct BatchShape {
    let count: Int
    let payloadBytes: Int

    init(_ random: inout SeededRandom) {
        count = 1 + random.below(12)
        payloadBytes = [0, 0, 40, 1500, 9000][random.below(5)]
    }

    /// The batch of this shape that is submission `id`.
    func batch(of id: UInt64) -> RecordBatchBuilder {
        var builder = RecordBatchBuilder(schemaID: Mark.schema.id)
        for index in 0..<count {
            builder.append(
                Mark(submission: id, index: UInt32(index), payloadBytes: payloadBytes),
                time: Timestamp(nanoseconds: Int64(id)))
        }
        return builder
    }

    /// Where it is if it begins at `offset`.
    func offsets(from offset: UInt64) -> Range<UInt64> { offset..<offset + UInt64(count) }
}
