import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// A directory of its own for one test, removed at the end.
final class Scratch: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("penstock-log-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path in the directory.
    func path(_ name: String) -> String { path + "/" + name }

    /// The segments of a partition of the log `log`, by name.
    func segments(_ partition: TopicPartition, log: String = "log") throws -> [String] {
        let directory = path("\(log)/\(partition.topic)/\(partition.partition)")
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".segment") }
            .sorted()
            .map { directory + "/" + $0 }
    }
}

/// A fixed event of 24 bytes.
struct Reading: FixedEvent, Equatable {
    var sensor: UInt64
    var value: Double
    var count: UInt64

    static let schema = Schema(
        "Reading", fields: [.init("sensor", .u64), .init("value", .f64, unit: "K"), .init("count", .u64)])

    init(_ number: Int) {
        sensor = UInt64(number % 7)
        value = Double(number) * 0.25
        count = UInt64(number)
    }
}

/// An event of variable length with a payload.
struct Frame: Event, Equatable {
    var number: UInt64
    var label: String
    var pixels: [UInt8]

    static let schema = Schema(
        "Frame", fields: [.init("number", .u64), .init("label", .string)], payload: .init("pixels", .bytes))

    init(number: UInt64, label: String, pixels: [UInt8]) {
        self.number = number
        self.label = label
        self.pixels = pixels
    }

    func write(to record: inout RecordWriter) {
        record.append(number)
        record.append(label)
        if !pixels.isEmpty { record.setPayload(pixels.withUnsafeBytes { Payload(copying: $0) }) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        number = try record.readInteger()
        label = try record.readString()
        pixels = record.payload.withUnsafeBytes { Array($0) }
    }
}

/// A frame whose pixels arrive compressed.
struct CompressedFrame: Event {
    let number: UInt64
    let label: String
    let pixels: [UInt8]
    let codec: PayloadCodec

    static let schema = Frame.schema

    init(number: UInt64, label: String, pixels: [UInt8], codec: PayloadCodec) {
        self.number = number
        self.label = label
        self.pixels = pixels
        self.codec = codec
    }

    func write(to record: inout RecordWriter) {
        record.append(number)
        record.append(label)
        var payload = pixels.withUnsafeBytes { Payload(copying: $0) }
        payload.codec = codec
        if !payload.isEmpty { record.setPayload(payload) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        number = try record.readInteger()
        label = try record.readString()
        pixels = record.payload.withUnsafeBytes { Array($0) }
        codec = record.payload.codec
    }
}

/// The generator of a property's inputs; the seed is printed by the test that uses it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= SplitMix64.golden
        return SplitMix64.mix(state)
    }
}

let readings = TopicPartition("readings")

extension EmbeddedLog {
    /// A log in `scratch` with the topic `readings`.
    static func withReadings(
        _ scratch: Scratch, durability: Durability = .pageCache, segmentBytes: Int = 256 << 20,
        storage: any Storage = FileStorage(), limits: LogLimits = LogLimits()
    ) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, limits: limits)
        _ = try await log.openTopic(
            "readings", schema: Reading.schema,
            creatingWith: TopicConfiguration(durability: durability, segmentBytes: segmentBytes))
        return log
    }
}

/// A batch of readings numbered `range`, their times too.
func batch(_ range: Range<Int>) -> RecordBatchBuilder {
    var builder = RecordBatchBuilder(schemaID: Reading.schema.id)
    for number in range { builder.append(Reading(number), time: Timestamp(nanoseconds: Int64(number))) }
    return builder
}

/// Reads to the end of what is committed: the counts of the readings in order.
func counts(_ reader: any TopicReader) async throws -> [UInt64] {
    var counts: [UInt64] = []
    while let entry = try await reader.next() {
        guard case .records(let records) = entry else { continue }
        for index in 0..<records.count { counts.append(try records.event(Reading.self, at: index).count) }
    }
    return counts
}

/// Changes one byte of a file.
func flip(_ file: String, at position: Int) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    try handle.seek(toOffset: UInt64(position))
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(position))
    try handle.write(contentsOf: [byte ^ 0x10])
    try handle.close()
}

func cut(_ file: String, to byteCount: Int) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.close()
}

func byteCount(_ file: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
}
