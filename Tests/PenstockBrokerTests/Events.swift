import PenstockEvents
import PenstockLog

/// A fixed event of 16 bytes.
struct Reading: FixedEvent, Equatable {
    var number: UInt64
    var value: Double

    static let schema = Schema("Reading", fields: [.init("number", .u64), .init("value", .f64)])

    init(_ number: Int) {
        self.number = UInt64(number)
        value = Double(number) / 4
    }
}

/// An event with a payload whose bytes its number and length tell.
struct Frame: Event {
    let number: UInt64
    let pixels: Payload

    static let schema = Schema("Frame", fields: [.init("number", .u64)], payload: .init("pixels", .bytes))

    init(_ number: Int, byteCount: Int) {
        self.number = UInt64(number)
        pixels = Self.pixels(number, byteCount).withUnsafeBytes { Payload(copying: $0) }
    }

    static func pixels(_ number: Int, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 7 &+ $0 >> 8) }
    }

    func write(to record: inout RecordWriter) {
        record.append(number)
        if !pixels.isEmpty { record.setPayload(pixels) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        number = try record.readInteger()
        pixels = record.payload
    }
}

extension RecordBatchBuilder {
    /// A batch of readings; the time of each is its number.
    static func readings(_ numbers: Range<Int>) -> RecordBatchBuilder {
        var batch = RecordBatchBuilder(schemaID: Reading.schema.id)
        for number in numbers {
            batch.append(
                Reading(number), time: Timestamp(nanoseconds: Int64(number)), keyHash: UInt64(number) &* 0x9E37)
        }
        return batch
    }
}

extension TopicReader {
    /// The numbers of all readings up to the end of what is committed.
    func numbers() async throws -> [Int] {
        var numbers: [Int] = []
        while let entry = try await next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count { numbers.append(Int(try records.event(Reading.self, at: index).number)) }
        }
        return numbers
    }
}

extension LogStore {
    /// The numbers of all readings of a partition.
    func numbers(in partition: TopicPartition) async throws -> [Int] {
        let reader = try await reader(for: partition, from: .earliest)
        let numbers = try await reader.numbers()
        await reader.close()
        return numbers
    }
}

/// The code of the error of a log that `body` throws; nil where it throws none.
func code<Result>(_ body: () async throws -> Result) async throws -> LogError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as LogError {
        return error.code
    }
}
