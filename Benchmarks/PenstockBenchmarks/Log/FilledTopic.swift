internal import ArgumentParser
internal import Foundation
internal import PenstockEvents
internal import PenstockLog

/// What a topic is filled with before the clock starts.
struct TopicShape: ParsableArguments {
    @Option(help: "Bytes of an event, attributes and payload.") var eventBytes = 65536
    @Option(help: "Bytes of an event's attributes.") var attributeBytes = 32
    @Option(help: "Bytes of a batch.") var batchBytes = 1 << 20
    @Option(help: "How batches are stored: raw or lz4.") var codec = "raw"
    @Option(help: "Bytes of all events.") var totalBytes = 2 << 30
    @Option(help: "A folder that is there; the log is made in it.") var directory = NSTemporaryDirectory()

    func validate() throws {
        guard attributeBytes > 0, eventBytes >= attributeBytes, batchBytes >= eventBytes, totalBytes >= batchBytes,
            BatchCodec(rawValue: codec) != nil
        else { throw ValidationError("these sizes or this codec make no topic") }
    }
}

/// A topic full of noise, in a directory that goes with it.
final class FilledTopic {
    let path: String
    let partition = TopicPartition("noise")
    let events: Int
    let eventBytes: Int

    init(_ shape: TopicShape, segmentBytes: Int = 256 << 20) async throws {
        path = shape.directory + "/penstock-bench-\(UUID().uuidString)"
        let eventsPerBatch = max(1, shape.batchBytes / shape.eventBytes)
        let batches = shape.totalBytes / (eventsPerBatch * shape.eventBytes)
        events = eventsPerBatch * batches
        eventBytes = shape.eventBytes
        let log = try await EmbeddedLog(directory: path)
        let configuration = TopicConfiguration(
            durability: .pageCache, segmentBytes: segmentBytes, codec: BatchCodec(rawValue: shape.codec) ?? .raw)
        _ = try await log.createTopic(partition.topic, schema: Noise.schema, configuration: configuration)
        let writer = try await log.writer(for: partition)
        let bytes = Self.noise(eventsPerBatch * shape.eventBytes)
        for number in 0..<batches {
            var batch = RecordBatchBuilder(schemaID: Noise.schema.id)
            for event in 0..<eventsPerBatch {
                let noise = Noise(
                    bytes: bytes[event * shape.eventBytes..<(event + 1) * shape.eventBytes],
                    attributeBytes: shape.attributeBytes)
                batch.append(noise, time: Timestamp(nanoseconds: Int64(number * eventsPerBatch + event)))
            }
            _ = try await writer.submit(batch)
        }
        try await writer.close()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Reads `parts` of all records, and looks at what was asked for: the times, and the ends of the payloads.
    /// - Returns: how many events there were.
    func pass(of log: any LogStore, _ parts: RecordParts) async throws -> Int {
        let reader = try await log.reader(for: partition, from: .earliest, parts: parts)
        var found = 0
        var sum: Int64 = 0
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            found += records.count
            sum &+= records.withTimes { $0.reduce(0, &+) }
            if records.holdsPayloads { sum &+= Int64(records.payload(at: records.count - 1).count) }
        }
        await reader.close()
        guard found == events, sum != 0 else { throw ReadTooLittle() }
        return found
    }

    /// Takes the seals of the last segment, or of all, and their indexes: what killed owners leave.
    func unseal(all: Bool) throws {
        let directory = "\(path)/\(partition.topic)/\(partition.partition)/"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".segment") }
        for name in names.sorted().suffix(all ? names.count : 1) {
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: directory + name))
            try handle.seek(toOffset: 2048)
            try handle.write(contentsOf: [UInt8](repeating: 0, count: 40))
            try handle.close()
            try? FileManager.default.removeItem(
                atPath: directory + name.replacingOccurrences(of: ".segment", with: ".index"))
        }
    }

    private static func noise(_ count: Int) -> Payload {
        Payload(byteCount: count) { bytes in
            var state: UInt64 = 1
            for index in 0..<count {
                if index % 8 == 0 { state &+= SplitMix64.golden }
                bytes[index] = UInt8(truncatingIfNeeded: SplitMix64.mix(state) >> UInt64(8 * (index % 8)))
            }
        }
    }
}

/// An event of bytes, the first of which are its attributes.
private struct Noise: Event {
    static let schema = Schema("Noise", fields: [.init("attributes", .bytes)], payload: .init("payload", .bytes))

    let bytes: Payload
    let attributeBytes: Int

    init(bytes: Payload, attributeBytes: Int) {
        self.bytes = bytes
        self.attributeBytes = attributeBytes
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        bytes = record.payload
        attributeBytes = 0
    }

    func write(to record: inout RecordWriter) {
        bytes[0..<attributeBytes].withUnsafeBytes { record.append(bytes: $0) }
        if bytes.count > attributeBytes { record.setPayload(bytes[attributeBytes..<bytes.count]) }
    }
}
