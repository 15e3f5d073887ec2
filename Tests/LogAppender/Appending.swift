import Foundation
import PenstockEvents
import PenstockLog

/// Appends to a log until it is killed, and tells its standard output what was acknowledged: `offset count session number`, one
/// batch a line.
struct Appending {
    let directory: String
    let session: UInt64
    let seed: UInt64
    let durability: Durability

    func run() async throws {
        let log = try await EmbeddedLog(directory: directory)
        _ = try await log.openTopic(
            AppendedRecord.topic, schema: AppendedRecord.schema,
            creatingWith: TopicConfiguration(durability: durability, segmentBytes: 1 << 20))
        let writer = try await log.writer(for: TopicPartition(AppendedRecord.topic))
        // A few batches are in flight at any time, so that the signal finds groups of several.
        var pending: [(PendingAppend, UInt64)] = []
        var number: UInt64 = 0
        var random = Stream(seed: seed)
        while true {
            let count = 1 + random.next() % 20
            var batch = RecordBatchBuilder(schemaID: AppendedRecord.schema.id)
            for index in number..<number + count {
                batch.append(
                    AppendedRecord(session: session, number: index), time: Timestamp(nanoseconds: Int64(index)))
            }
            pending.append((try await writer.submit(batch), number))
            number += count
            guard pending.count == 8 else { continue }
            let (first, firstNumber) = pending.removeFirst()
            let acknowledged = try await first.acknowledgement()
            let line = "\(acknowledged.firstOffset) \(acknowledged.count) \(session) \(firstNumber)\n"
            FileHandle.standardOutput.write(Data(line.utf8))
        }
    }
}
