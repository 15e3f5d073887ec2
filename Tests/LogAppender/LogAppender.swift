import Foundation
import PenstockEvents
import PenstockLog

/// Appends to a log until it is killed, and tells its standard output what was acknowledged: `offset count session number`, one
/// batch a line.
///
///     LogAppender DIRECTORY SESSION SEED
@main
struct LogAppender {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let session = UInt64(arguments[2]), let seed = UInt64(arguments[3]) else {
            FileHandle.standardError.write(Data("usage: LogAppender DIRECTORY SESSION SEED\n".utf8))
            exit(64)
        }
        let log = try await EmbeddedLog(directory: arguments[1])
        _ = try await log.openTopic(
            AppendedRecord.topic, schema: AppendedRecord.schema,
            creatingWith: TopicConfiguration(durability: .durable, segmentBytes: 1 << 20))
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

/// A record whose bytes follow from who wrote it and when.
struct AppendedRecord: Event, Equatable {
    static let topic = "appended"
    static let schema = Schema(
        "Appended", fields: [.init("session", .u64), .init("number", .u64)], payload: .init("bytes", .bytes))

    let session: UInt64
    let number: UInt64
    let bytes: [UInt8]

    init(session: UInt64, number: UInt64) {
        self.session = session
        self.number = number
        var stream = Stream(seed: session << 32 ^ number)
        // Mostly small, now and then larger than a block of the file.
        let count = Int(stream.next() % (number % 64 == 0 ? 100_000 : 400))
        bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
    }

    func write(to record: inout RecordWriter) {
        record.append(session)
        record.append(number)
        record.setPayload(bytes.withUnsafeBytes { Payload(copying: $0) })
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        session = try record.readInteger()
        number = try record.readInteger()
        bytes = record.payload.withUnsafeBytes { Array($0) }
    }
}

/// Numbers from a seed.
struct Stream {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= SplitMix64.golden
        return SplitMix64.mix(state)
    }
}
