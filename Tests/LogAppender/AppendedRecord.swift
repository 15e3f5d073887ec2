import PenstockEvents

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
