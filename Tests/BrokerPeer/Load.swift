import PenstockEvents

/// A record whose bytes follow from who produced it, and as its which.
struct Load: Event, Equatable {
    static let topic = "load"
    static let schema = Schema(
        "Load", fields: [.init("producer", .u64), .init("sequence", .u64)], payload: .init("bytes", .bytes))

    let producer: UInt64
    let sequence: UInt64
    let bytes: [UInt8]

    init(producer: UInt64, sequence: UInt64, byteCount: Int? = nil) {
        self.producer = producer
        self.sequence = sequence
        var state = producer << 40 ^ sequence
        func next() -> UInt64 {
            state &+= SplitMix64.golden
            return SplitMix64.mix(state)
        }
        // Mostly small, now and then larger than what goes within a message.
        let count = byteCount ?? Int(next() % (sequence % 97 == 0 ? 60_000 : 300))
        bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    func write(to record: inout RecordWriter) {
        record.append(producer)
        record.append(sequence)
        if !bytes.isEmpty { record.setPayload(bytes.withUnsafeBytes { Payload(copying: $0) }) }
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        producer = try record.readInteger()
        sequence = try record.readInteger()
        bytes = record.payload.withUnsafeBytes { Array($0) }
    }
}

/// What tells one sequence of records from another.
struct LoadDigest {
    private(set) var count: UInt64 = 0
    private(set) var value: UInt64 = 0

    mutating func add(_ load: Load) {
        count += 1
        value = SplitMix64.mix(value ^ load.producer << 40 ^ load.sequence)
    }
}
