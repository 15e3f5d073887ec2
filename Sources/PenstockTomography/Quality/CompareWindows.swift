public import Penstock
public import PenstockEvents

/// Compares every slice with the same slice of the window before: how much a scan still changes its image.
///
/// Puts out one event for each slice that was there before. With `enough`, the first window whose slices all have at least that structural
/// similarity is told as the fact `good_enough_at_window`.
public struct CompareWindows: Operator {
    private let enough: Double?

    /// - Parameter enough: The structural similarity at which the image counts as good enough, 0 to 1; nil where nobody asks.
    public init(enough: Double? = nil) { self.enough = enough }

    /// The latest image of each slice.
    public struct State: Snapshotable {
        var scan: ScanID?
        var latest: [Int: Image] = [:]
        /// The window that slices are coming of, and the least similarity of those that have come.
        var window = 0
        var least = 1.0
        var isTold = false

        init() {}
    }

    /// The image of a slice, as a snapshot holds it.
    struct Image: Event {
        var slice: Int
        var size: Int
        var pixels: Payload

        static let schema = Schema(
            "SliceImage", fields: [.init("slice", .u64), .init("size", .u64)],
            payload: .init("pixels", .f32, shape: [.field("size"), .field("size")]))

        init(_ slice: ReconstructedSlice) {
            self.slice = slice.slice
            size = slice.size
            pixels = slice.pixels
        }

        func write(to record: inout RecordWriter) {
            record.append(UInt64(slice))
            record.append(UInt64(size))
            record.setPayload(pixels)
        }

        init(reading record: inout RecordReader) throws(RecordError) {
            slice = Int(try record.readInteger(UInt64.self))
            size = Int(try record.readInteger(UInt64.self))
            pixels = record.payload
            guard pixels.count == 4 * size * size else { throw .invalidField("pixels of a slice") }
        }
    }

    /// Nothing seen yet.
    public func makeState() -> State { State() }

    /// Compares slices with those before.
    public func process(
        _ events: Events<ReconstructedSlice>, state: inout State, into output: inout Output<WindowQuality>,
        context: OperatorContext
    ) {
        for event in events {
            let slice = event.value
            if state.scan != slice.scan {
                state = State()
                state.scan = slice.scan
            }
            if state.window != slice.window {
                tell(&state, context)
                (state.window, state.least) = (slice.window, 1)
            }
            let before = state.latest.updateValue(Image(slice), forKey: slice.slice)
            guard let before, before.size == slice.size else {
                // What has no predecessor may still change by anything.
                state.least = -1
                continue
            }
            let quality = slice.pixels.withValues(of: Float.self) { image in
                before.pixels.withValues(of: Float.self) { ImageQuality(image, reference: $0, size: slice.size) }
            }
            state.least = min(state.least, quality.ssim.isNaN ? -1 : quality.ssim)
            output.append(WindowQuality(slice, quality), time: event.time)
        }
    }

    /// Looks at the last window when its scan ends.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<WindowQuality>, context: OperatorContext
    ) {
        guard case .scanEnd = record else { return }
        tell(&state, context)
        state = State()
    }

    private func tell(_ state: inout State, _ context: OperatorContext) {
        guard let enough, !state.isTold, !state.latest.isEmpty, state.least >= enough else { return }
        state.isTold = true
        context.report(.fact(name: "good_enough_at_window", value: "\(state.window)"))
    }
}

extension CompareWindows.State {
    /// Writes where it is, and the images in order of their slices.
    public func snapshot(into records: inout RecordWriter) {
        records.append(
            Beginning(scan: scan?.number ?? 0, window: UInt64(window), isTold: isTold ? 1 : 0, least: least))
        for (_, image) in latest.sorted(by: { $0.key < $1.key }) { records.append(image) }
    }

    /// Brings it back.
    public init(restoring records: [RecordReader]) throws(RecordError) {
        self.init()
        guard var first = records.first else { throw .invalidField("records of a snapshot of CompareWindows") }
        let beginning = try Beginning(reading: &first)
        scan = beginning.scan == 0 ? nil : ScanID(beginning.scan)
        window = Int(beginning.window)
        isTold = beginning.isTold == 1
        least = beginning.least
        for record in records.dropFirst() {
            var record = record
            let image = try CompareWindows.Image(reading: &record)
            latest[image.slice] = image
        }
    }

    private struct Beginning: FixedEvent {
        let scan: UInt64
        let window: UInt64
        let isTold: UInt64
        let least: Double
        static let schema = Schema(
            "CompareWindowsBeginning",
            fields: [.init("scan", .u64), .init("window", .u64), .init("is_told", .u64), .init("least", .f64)])
    }
}
