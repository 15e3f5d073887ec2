import PenstockEvents
import PenstockLog

/// A fixed event that is one number.
struct Number: FixedEvent, Equatable {
    var value: Int64

    static let schema = Schema("Number", fields: [.init("value", .i64)])
}

/// A batch of numbers, their times too.
func numbers(_ range: Range<Int>) -> RecordBatchBuilder {
    var builder = RecordBatchBuilder(schemaID: Number.schema.id)
    for number in range {
        builder.append(Number(value: Int64(number)), time: Timestamp(nanoseconds: Int64(number)))
    }
    return builder
}

/// Reads to the end of what is committed.
func rows(of reader: any TopicReader) async throws -> [Int] {
    var rows: [Int] = []
    while let entry = try await reader.next() {
        guard case .records(let records) = entry else { continue }
        for index in 0..<records.count { rows.append(Int(try records.event(Number.self, at: index).value)) }
    }
    return rows
}
