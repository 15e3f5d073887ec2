import PenstockEvents
import Testing

@Suite("ControlRecord")
struct ControlRecordTests {
    /// Records and the bytes that the format says: a byte of kind, little-endian integers, text behind a `u32` length.
    static let encodings: [(ControlRecord, [UInt8])] = [
        (.timeMark(Timestamp(nanoseconds: 0x0102_0304_0506_0708)), [1, 8, 7, 6, 5, 4, 3, 2, 1]),
        (.timeMark(.distantPast), [1, 0, 0, 0, 0, 0, 0, 0, 0x80]),
        (.timeMark(Timestamp(nanoseconds: -1)), [1] + [UInt8](repeating: 0xFF, count: 8)),
        (.scanStart(ScanStart(scan: ScanID(3))), [2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (
            .scanStart(ScanStart(scan: ScanID(1), properties: ["é": "", "b": "2", "a": "file"])),
            [2, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]
                + [1, 0, 0, 0, 0x61, 4, 0, 0, 0, 0x66, 0x69, 0x6C, 0x65]
                + [1, 0, 0, 0, 0x62, 1, 0, 0, 0, 0x32]
                + [2, 0, 0, 0, 0xC3, 0xA9, 0, 0, 0, 0]
        ),
        (
            .scanEnd(ScanEnd(scan: ScanID(.max), eventCount: 540)),
            [3] + [UInt8](repeating: 0xFF, count: 8) + [0x1C, 0x02, 0, 0, 0, 0, 0, 0]
        ),
        (.endOfStream, [4]),
        (
            .producer(ProducerRegistration(id: 2, epoch: 258, name: "a")),
            [5, 2, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0, 0x61]
        ),
        (
            .transactionBegin(
                TransactionBegin(
                    id: TransactionID(high: 1, low: 2), homeTopic: "t", homePartition: 3, homeOffset: 4, homeEpoch: 5)),
            [6, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
                + [1, 0, 0, 0, 0x74, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]
        ),
        (
            .transactionCommit(TransactionID(high: 1, low: 2)),
            [7, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
        ),
        (
            .transactionAbort(TransactionID(high: 0, low: .max)),
            [8, 0, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8)
        ),
    ]

    private func decode(_ bytes: [UInt8]) throws -> ControlRecord {
        try bytes.withUnsafeBytes { try ControlRecord(decoding: $0) }
    }

    @Test("records have the bytes of the format, and come back", arguments: encodings)
    func encoding(record: ControlRecord, bytes: [UInt8]) throws {
        #expect(record.encoded() == bytes)
        #expect(try decode(bytes) == record)
    }

    @Test("a record that ends early is refused at every length", arguments: encodings)
    func tooShort(record: ControlRecord, bytes: [UInt8]) {
        for count in 0..<bytes.count {
            #expect("\(count) of \(bytes.count) bytes") {
                try decode(Array(bytes[..<count]))
            } throws: { error in
                if case .tooShort(let needed, let available) = error as? RecordError {
                    needed > available
                } else {
                    false
                }
            }
        }
    }

    @Test("bytes after the last field are refused", arguments: encodings)
    func trailing(record: ControlRecord, bytes: [UInt8]) {
        #expect(throws: RecordError.trailingBytes(2)) { try decode(bytes + [0, 0]) }
    }

    @Test("unknown kinds are refused by their number", arguments: [UInt8(0), 9, 10, 127, 255])
    func unknownKind(kind: UInt8) {
        #expect(throws: RecordError.invalidField("control record of kind \(kind)")) { try decode([kind] + [0, 0, 0]) }
    }

    @Test("a property's name or value that is not UTF-8 is refused")
    func invalidText() {
        let start: [UInt8] = [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
        #expect(throws: RecordError.invalidText) { try decode(start + [1, 0, 0, 0, 0xFF, 0, 0, 0, 0]) }
        #expect(throws: RecordError.invalidText) { try decode(start + [1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0xC3, 0x28]) }
    }

    @Test("a property that stands twice is refused, since one of its values would be lost")
    func doubledProperty() {
        let property: [UInt8] = [1, 0, 0, 0, 0x61, 1, 0, 0, 0, 0x31]
        #expect(throws: RecordError.invalidField("two properties of a scan are named a")) {
            try decode([2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0] + property + property)
        }
    }

    @Test("random bytes are refused, or are a record that comes back")
    func randomBytes() throws {
        let seed: UInt64 = 1001
        var generator = SeededGenerator(seed: seed)
        var decoded = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...20, using: &generator)
            var bytes = generator.bytes(count)
            if !bytes.isEmpty { bytes[0] %= 6 }
            guard let record = try? decode(bytes) else { continue }
            decoded += 1
            #expect(try decode(record.encoded()) == record, "bytes \(bytes), seed \(seed)")
        }
        #expect(decoded > 0, "seed \(seed) made no record at all")
    }

    @Test("scans are ordered and printed by their numbers")
    func scanID() {
        #expect(ScanID(9) < ScanID(10))
        #expect(!(ScanID(10) < ScanID(10)))
        #expect(ScanID(.max).description == "18446744073709551615")
    }
}
