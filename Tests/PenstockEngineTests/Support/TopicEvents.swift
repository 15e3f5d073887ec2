import Foundation
import PenstockEvents
import TestSupport

@testable import PenstockEngine

/// A fixed event of 16 bytes.
struct Reading: FixedEvent, Hashable {
    var sensor: Int64
    var value: Double

    static let schema = Schema("Reading", fields: [.init("sensor", .i64), .init("value", .f64)])

    /// Odd sensors are calibration data.
    var countsInProgress: Bool { sensor % 2 == 0 }

    init(_ sensor: Int64, _ value: Double) {
        self.sensor = sensor
        self.value = value
    }
}

/// An event of variable length.
struct Note: Event, Hashable {
    var text: String

    static let schema = Schema("Note", fields: [.init("text", .string)])

    init(_ text: String) { self.text = text }

    func write(to record: inout RecordWriter) { record.append(text) }

    init(reading record: inout RecordReader) throws(RecordError) { text = try record.readString() }
}
