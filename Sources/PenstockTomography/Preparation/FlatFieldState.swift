public import PenstockEvents

extension FlatField.State {
    /// The travel in the direction in which the stage began to turn.
    mutating func travel(to angle: Double) -> Double {
        guard let first = firstAngleDegrees else {
            firstAngleDegrees = angle
            return 0
        }
        if direction == 0, angle != first { direction = angle > first ? 1 : -1 }
        return (angle - first) * (direction == 0 ? 1 : direction)
    }

    /// Writes the sets, the beginning of the scan, and the projections that wait.
    public func snapshot(into records: inout RecordWriter) {
        records.append(
            Beginning(
                scan: scan?.number ?? 0, firstAngleDegrees: firstAngleDegrees ?? .nan, direction: direction,
                darkCounts: UInt64(darkCounts), darkProjections: UInt64(darkProjections)))
        records.append(steering)
        for set in [flats, darks, earlierFlats, earlierDarks] { records.append(set) }
        for (frame, time) in waiting {
            records.append(Moment(nanoseconds: time.nanoseconds))
            records.append(frame)
        }
    }

    /// Brings back the sets and the projections that wait.
    public init(restoring records: [RecordReader]) throws(RecordError) {
        self.init()
        guard records.count >= 6, records.count.isMultiple(of: 2) else {
            throw .invalidField("records of a snapshot of FlatField")
        }
        var readers = records
        let beginning = try Beginning(reading: &readers[0])
        scan = beginning.scan == 0 ? nil : ScanID(beginning.scan)
        firstAngleDegrees = beginning.firstAngleDegrees.isNaN ? nil : beginning.firstAngleDegrees
        direction = beginning.direction
        darkCounts = Int(beginning.darkCounts)
        darkProjections = Int(beginning.darkProjections)
        steering = try Steering(reading: &readers[1])
        flats = try FrameSet(reading: &readers[2])
        darks = try FrameSet(reading: &readers[3])
        earlierFlats = try FrameSet(reading: &readers[4])
        earlierDarks = try FrameSet(reading: &readers[5])
        for index in stride(from: 6, to: readers.count, by: 2) {
            let time = Timestamp(nanoseconds: try Moment(reading: &readers[index]).nanoseconds)
            waiting.append((try Frame(reading: &readers[index + 1]), time))
        }
    }

    private struct Beginning: FixedEvent {
        let scan: UInt64
        let firstAngleDegrees: Double
        let direction: Double
        let darkCounts: UInt64
        let darkProjections: UInt64

        static let schema = Schema(
            "FlatFieldBeginning",
            fields: [
                .init("scan", .u64), .init("first_angle", .f64, unit: "deg"), .init("direction", .f64),
                .init("dark_counts", .u64), .init("dark_projections", .u64),
            ])
    }
}
