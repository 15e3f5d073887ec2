import Penstock

/// What a station has measured, with the samples beside it. All of it follows from its number.
struct Reading: Event {
    static let topic = "readings"
    static let schema = Schema(
        "Reading", fields: [.init("station", .i64), .init("strength", .i64)], payload: .init("samples", .bytes))
    /// Each is a millisecond behind the one before it, but for up to 40.
    static let disorder = Disorder.bounded(by: .milliseconds(40))

    let station: Int64
    let strength: Int64
    let samples: [UInt8]

    /// The reading of a number, and its time.
    static func numbered(_ number: Int) -> (Reading, Timestamp) {
        let bits = SplitMix64.mix(UInt64(number))
        let count = number % 50 == 0 ? 20_000 : Int(bits >> 20 % 200)
        let reading = Reading(
            station: Int64(bits % 23), strength: Int64(bits >> 40 % 1_000),
            samples: (0..<count).map { UInt8(truncatingIfNeeded: number + $0) })
        return (reading, Timestamp(nanoseconds: (Int64(number) + Int64(bits >> 8 % 41)) * 1_000_000))
    }

    private init(station: Int64, strength: Int64, samples: [UInt8]) {
        self.station = station
        self.strength = strength
        self.samples = samples
    }

    func write(to record: inout RecordWriter) {
        record.append(station)
        record.append(strength)
        record.setPayload(samples.withUnsafeBytes { Payload(copying: $0) })
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        station = try record.readInteger()
        strength = try record.readInteger()
        samples = record.payload.withUnsafeBytes { Array($0) }
    }
}

/// What a station has measured in a window.
struct StationSum: FixedEvent {
    static let schema = Schema(
        "StationSum", fields: [.init("station", .i64), .init("start", .i64), .init("sum", .i64)])

    let station: Int64
    let start: Int64
    let sum: Int64
}
