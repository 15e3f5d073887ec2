import Foundation
import PenstockEvents
import PenstockLog

/// Appends to a log until it is killed, and tells its standard output what was acknowledged: `offset count session number`, one
/// batch a line. After so many batches it closes the log, and reads everything back.
struct Appending {
    let directory: String
    let session: UInt64
    let seed: UInt64
    let durability: Durability
    let batches: Int

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
        for _ in 0..<batches {
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
        for (append, _) in pending { _ = try await append.acknowledgement() }
        try await writer.close()
        let reader = try await log.reader(for: TopicPartition(AppendedRecord.topic), from: .earliest)
        var records: UInt64 = 0
        while let entry = try await reader.next() {
            if case .records(let batch) = entry { records += UInt64(batch.count) }
        }
        precondition(records >= number, "everything that was acknowledged is read")
    }
}
