import Foundation
import PenstockEvents
import PenstockLog

/// The generator of a property's inputs; the seed is printed by the test that uses it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= SplitMix64.golden
        return SplitMix64.mix(state)
    }
}

extension Workplace {
    static let readingSchema = "Reading@1 { sensor: u64; value: f64 (K) }"

    /// The topic `readings` with `count` records in one partition, ten a batch, a second apart: written by the library, not by the program.
    func fillReadings(_ count: Int = 60, partitions: Int = 1, segmentBytes: Int = 256 << 20, ends: Bool = false)
        async throws
    {
        let log = try await EmbeddedLog(directory: self("penstock-log"))
        let schema = try Schema(parsing: Self.readingSchema)
        _ = try await log.openTopic(
            "readings", schema: schema,
            creatingWith: TopicConfiguration(partitions: partitions, durability: .pageCache, segmentBytes: segmentBytes)
        )
        for partition in 0..<partitions {
            let writer = try await log.writer(for: TopicPartition("readings", partition))
            for start in stride(from: 0, to: count, by: 10) {
                try await writer.append(Self.readings(start..<start + 10))
            }
            if ends { try await writer.append(control: .endOfStream) }
            try await writer.close()
        }
    }

    static func readings(_ range: Range<Int>) -> RecordBatchBuilder {
        // 0x… of the schema's own identity; the attributes are its fields, little-endian.
        var builder = RecordBatchBuilder(schemaID: Reading.schema.id)
        for number in range {
            builder.append(
                Reading(sensor: UInt64(number), value: Double(number) / 4),
                time: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(number) * 1_000_000_000))
        }
        return builder
    }
}

struct Reading: FixedEvent {
    var sensor: UInt64
    var value: Double

    static let schema = Schema("Reading", fields: [.init("sensor", .u64), .init("value", .f64, unit: "K")])
}

/// A record of every element type, of variable length, with a payload.
struct Everything: Event, Equatable {
    static let schema = Schema(
        "Everything",
        fields: [
            .init("a", .u8), .init("b", .i64), .init("c", .f32), .init("d", .f64), .init("e", .bool),
            .init("text", .string), .init("raw", .bytes), .init("n", .u16), .init("xs", .f64, shape: [.field("n")]),
            .init("names", .string, shape: [.count(2)]),
        ],
        payload: .init("frame", .bytes))

    var attributes: [UInt8]
    var payload: [UInt8]

    /// Random bits in every field.
    init(_ random: inout SeededGenerator) {
        var writer = RecordWriter()
        let texts = ["", "a", "comma, \"quote\"", "two\nlines", "ü🌊", " space", "\u{1}\t\\"]
        writer.append(UInt8(truncatingIfNeeded: random.next()))
        writer.append(Int64(bitPattern: random.next()))
        writer.append(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
        writer.append(random.next() % 8 == 0 ? -Double.infinity : Double(bitPattern: random.next()))
        writer.append(UInt8(random.next() % 2))
        writer.append(texts.randomElement(using: &random) ?? "")
        let raw = (0..<random.next() % 9).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        writer.append(UInt32(raw.count))
        raw.withUnsafeBytes { writer.append(bytes: $0) }
        let count = UInt16(random.next() % 4)
        writer.append(count)
        for _ in 0..<count { writer.append(Double(bitPattern: random.next())) }
        for _ in 0..<2 { writer.append(texts.randomElement(using: &random) ?? "") }
        attributes = writer.attributes
        payload = (0..<(random.next() % 3 == 0 ? 0 : random.next() % 40)).map { _ in
            UInt8(truncatingIfNeeded: random.next())
        }
    }

    func write(to record: inout RecordWriter) {
        attributes.withUnsafeBytes { record.append(bytes: $0) }
        if !payload.isEmpty { record.setPayload(payload.withUnsafeBytes { Payload(copying: $0) }) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        attributes = try record.readBytes(record.remaining)
        payload = record.payload.withUnsafeBytes { Array($0) }
    }
}
