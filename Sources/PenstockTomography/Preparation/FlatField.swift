public import Penstock
public import PenstockEvents

/// Turns frames into transmissions: (I - D) / max(F - D, 1e-6), with the means of the flats F and the darks D that came before.
///
/// Flats or darks that come again behind projections begin a new set. Output are the projections, float32.
public struct FlatField: Operator {
    private let allowsNonFinite: Bool

    /// Normalisation by flats and darks.
    /// - Parameter allowsNonFinite: Whether pixels that are NaN or infinite count as air, with a warning; else they end the run.
    public init(allowsNonFinite: Bool = false) { self.allowsNonFinite = allowsNonFinite }

    /// The means, and where the scan began.
    public struct State: Snapshotable {
        var scan: ScanID?
        var flats = FrameSet()
        var darks = FrameSet()
        var firstAngleDegrees: Double?
        var direction = 0.0

        init() {}
    }

    /// Nothing seen yet.
    public func makeState() -> State { State() }

    /// Adds flats and darks to their means, and normalises projections.
    public func process(
        _ events: Events<Frame>, state: inout State, into output: inout Output<Projection>, context: OperatorContext
    ) throws {
        for event in events {
            let frame = event.value
            if state.scan != frame.scan { state.begin(frame.scan) }
            switch frame.kind {
            case .flat: try state.flats.add(frame)
            case .dark: try state.darks.add(frame)
            case .projection:
                output.append(try normalise(frame, &state, context), time: event.time)
            }
        }
    }

    private func normalise(_ frame: Frame, _ state: inout State, _ context: OperatorContext) throws -> Projection {
        guard let flat = state.flats.mean() else { throw TomographyError.noFlats(projection: frame.index) }
        let pixelCount = frame.rows * frame.columns
        if state.darks.mean() == nil {
            context.report(.warning("the scan has no darks: a dark level of 0 was assumed"))
        }
        let dark = state.darks.mean() ?? Array(repeating: 0, count: pixelCount)
        guard flat.count == pixelCount, dark.count == pixelCount else {
            throw TomographyError.shapeChanged(kind: "projection", index: frame.index)
        }
        if state.flats.isChecked == false {
            guard zip(flat, dark).contains(where: { $0 > $1 }) else { throw TomographyError.flatsNotBrighter }
            state.flats.isChecked = true
        }
        let values = Payload(byteCount: 4 * pixelCount) { bytes in
            let result = bytes.bindMemory(to: Float.self)
            flat.withUnsafeBufferPointer { flat in
                dark.withUnsafeBufferPointer { dark in
                    frame.normalise(flat: flat, dark: dark, into: result)
                }
            }
        }
        if frame.pixelType == .f32 { try check(values, of: frame, context) }
        state.flats.endSet()
        state.darks.endSet()
        return Projection(
            scan: frame.scan, index: frame.index, angleDegrees: frame.angleDegrees,
            travelDegrees: state.travel(to: frame.angleDegrees), rows: frame.rows, columns: frame.columns,
            firstRow: frame.firstRow, values: values)
    }

    private func check(_ values: Payload, of frame: Frame, _ context: OperatorContext) throws {
        let bad = values.withValues(of: Float.self) { values in values.count { !$0.isFinite } }
        guard bad > 0 else { return }
        guard allowsNonFinite else { throw TomographyError.nonFinitePixels(projection: frame.index, count: bad) }
        context.report(.warning("projection \(frame.index) has \(bad) pixels that are not finite: they count as air"))
    }
}

extension FlatField.State {
    fileprivate mutating func begin(_ scan: ScanID) {
        self = FlatField.State()
        self.scan = scan
    }

    /// The travel in the direction in which the stage began to turn.
    fileprivate mutating func travel(to angle: Double) -> Double {
        guard let first = firstAngleDegrees else {
            firstAngleDegrees = angle
            return 0
        }
        if direction == 0, angle != first { direction = angle > first ? 1 : -1 }
        return (angle - first) * (direction == 0 ? 1 : direction)
    }

    /// Writes the means and the beginning of the scan.
    public func snapshot(into records: inout RecordWriter) {
        records.append(
            Beginning(
                scan: scan?.number ?? 0, firstAngleDegrees: firstAngleDegrees ?? .nan, direction: direction,
                flats: flats.flags, darks: darks.flags))
        records.append(flats)
        records.append(darks)
    }

    /// Brings the means back.
    public init(restoring records: [RecordReader]) throws(RecordError) {
        self.init()
        guard records.count == 3 else { throw .invalidField("a snapshot of FlatField has 3 records") }
        var readers = records
        let beginning = try Beginning(reading: &readers[0])
        scan = beginning.scan == 0 ? nil : ScanID(beginning.scan)
        firstAngleDegrees = beginning.firstAngleDegrees.isNaN ? nil : beginning.firstAngleDegrees
        direction = beginning.direction
        flats = try FrameSet(reading: &readers[1])
        darks = try FrameSet(reading: &readers[2])
        flats.flags = beginning.flats
        darks.flags = beginning.darks
    }

    private struct Beginning: FixedEvent {
        let scan: UInt64
        let firstAngleDegrees: Double
        let direction: Double
        let flats: UInt64
        let darks: UInt64

        static let schema = Schema(
            "FlatFieldBeginning",
            fields: [
                .init("scan", .u64), .init("first_angle", .f64, unit: "deg"), .init("direction", .f64),
                .init("flats", .u64), .init("darks", .u64),
            ])
    }
}
