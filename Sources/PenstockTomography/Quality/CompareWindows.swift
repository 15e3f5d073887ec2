public import Penstock
public import PenstockEvents

/// Compares every slice with the same slice of the window before, to see how far the image has converged, or with a reference volume.
///
/// Puts out one event for each slice that has something to be compared with. The figures of the middle slice of the last window are told as
/// the facts `ssim`, `psnr`, `rmse`, `correlation` and `signal_to_noise`.
public struct CompareWindows: Operator {
    private let reference: ReferenceVolume?

    /// - Parameter reference: What slices are compared with; nil for the window before.
    public init(with reference: ReferenceVolume? = nil) { self.reference = reference }

    /// The latest image of each slice; none where there is a reference.
    public struct State: Snapshotable {
        var scan: ScanID?
        var latest: [Int: Image] = [:]

        init() {}
    }

    /// The image of a slice, as a snapshot holds it.
    struct Image: Event {
        var row: Int
        var size: Int
        var pixels: Payload

        static let schema = Schema(
            "SliceImage", fields: [.init("row", .u64), .init("size", .u64)],
            payload: .init("pixels", .f32, shape: [.field("size"), .field("size")]))

        init(_ slice: ReconstructedSlice) {
            row = slice.row
            size = slice.size
            pixels = slice.pixels
        }

        func write(to record: inout RecordWriter) {
            record.append(UInt64(row))
            record.append(UInt64(size))
            record.setPayload(pixels)
        }

        init(reading record: inout RecordReader) throws(RecordError) {
            row = Int(try record.readInteger(UInt64.self))
            size = Int(try record.readInteger(UInt64.self))
            pixels = record.payload
            guard pixels.count == 4 * size * size else { throw .invalidField("pixels of a slice") }
        }
    }

    /// Nothing seen yet.
    public func makeState() -> State { State() }

    /// Compares slices.
    /// - Throws: `FormatError` or `TomographyError.referenceDoesNotFit` for a reference volume.
    public func process(
        _ events: Events<ReconstructedSlice>, state: inout State, into output: inout Output<WindowQuality>,
        context: OperatorContext
    ) throws {
        for event in events {
            let slice = event.value
            if state.scan != slice.scan {
                state = State()
                state.scan = slice.scan
            }
            guard let other = try reference?.slice(like: slice) ?? before(slice, &state) else { continue }
            let quality = WindowQuality(slice, reference: other)
            output.append(quality, time: event.time)
            if slice.isLast, quality.isMiddle { tell(quality, context) }
        }
    }

    /// Forgets the images when their scan ends.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<WindowQuality>, context: OperatorContext
    ) {
        if case .scanEnd = record { state = State() }
    }

    /// The image that the slice had, which has that of this window from now on.
    private func before(_ slice: ReconstructedSlice, _ state: inout State) -> Payload? {
        guard reference == nil else { return nil }
        let before = state.latest.updateValue(Image(slice), forKey: slice.row)
        return before.flatMap { $0.size == slice.size ? $0.pixels : nil }
    }

    private func tell(_ quality: WindowQuality, _ context: OperatorContext) {
        for metric in QualityMetric.allCases {
            context.report(.fact(name: metric.factName, value: "\(quality[metric])"))
        }
        context.report(.fact(name: "compared_with", value: reference?.path ?? "the window before"))
    }
}

extension CompareWindows.State {
    /// Writes the scan, and the images in order of their rows.
    public func snapshot(into records: inout RecordWriter) {
        records.append(Beginning(scan: scan?.number ?? 0))
        for (_, image) in latest.sorted(by: { $0.key < $1.key }) { records.append(image) }
    }

    /// Brings them back.
    public init(restoring records: [RecordReader]) throws(RecordError) {
        self.init()
        guard var first = records.first else { throw .invalidField("records of a snapshot of CompareWindows") }
        let number = try Beginning(reading: &first).scan
        scan = number == 0 ? nil : ScanID(number)
        for record in records.dropFirst() {
            var record = record
            let image = try CompareWindows.Image(reading: &record)
            latest[image.row] = image
        }
    }

    private struct Beginning: FixedEvent {
        let scan: UInt64
        static let schema = Schema("CompareWindowsBeginning", fields: [.init("scan", .u64)])
    }
}
