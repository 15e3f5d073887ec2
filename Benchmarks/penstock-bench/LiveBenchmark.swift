import ArgumentParser
import Foundation
import Penstock
import PenstockBenchmarks
import PenstockEvents
import PenstockLog
import PenstockTomography

/// A running scan through the whole pipeline: how long a preview slice takes from the last projection that it shows.
struct LiveBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Reconstruct a running scan: latency from a projection to the slice that shows it.",
        discussion: """
            A source plays a detector at a pace; the frames are recorded in a log on disk, prepared, and reconstructed \
            in a window that slides over 180 degrees, the middle slice of each window. latency is the time by the clock \
            from the moment in which a detector had the last projection of a window to the arrival of its slice at a \
            sink. Only figures of an idle machine mean something; its load is printed.
            """)

    @Option(help: "Projections in half a turn.") var angles = 720
    @Option(help: "Rows of the detector.") var rows = 2
    @Option(help: "Columns of the detector.") var columns = 512
    @Option(help: "Projections a second.") var pace = 200.0
    @Option(help: "Projections from one window to the next.") var every = 15
    @Option(help: "Half turns.") var halfTurns = 3
    @Option(help: "Folder of the log.") var folder: String?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard angles > 23, rows > 0, columns > 7, pace > 0, every > 0, halfTurns > 0 else {
            throw ValidationError("all sizes must be positive, and half a turn has 24 projections or more")
        }
    }

    func run() async throws {
        let base = folder.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
        let path = base.appendingPathComponent("penstock-bench-live-\(ProcessInfo.processInfo.processIdentifier)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let scan = SyntheticScan(
            phantom: .stone(rows: rows, columns: columns), rows: rows, columns: columns,
            anglesDegrees: (0..<angles).map { Double($0) * 180 / Double(angles) }, centre: Double(columns) / 2 + 2.3,
            seed: 1)
        let detector = PacedDetector(scan: scan, projections: angles * halfTurns, pace: pace)
        let arrivals = SliceArrivals(of: detector)
        let degrees = Double(every) * 180 / Double(angles)
        let frames = Flow("scan") {
            From(detector)
            Persist(topic: "projections")
        }
        let slices = Flow("slices") {
            frames
            CheckSequence()
            AdmitFrames()
            FlatField()
            MinusLog()
            FindCentre(.column(scan.centre))
            Sliding(angle: .degrees(180), every: .degrees(degrees))
            Reconstruct(early: .middle)
            To(arrivals)
        }
        let log = try await EmbeddedLog(directory: path)
        let start = ProcessorTime.processNanoseconds
        try await slices.run(log: log)
        let cpu = ProcessorTime.processNanoseconds - start
        // The last window is that of the whole scan's end, and made afresh.
        let latencies = arrivals.latencies.dropLast().sorted()
        guard !latencies.isEmpty else { throw ValidationError("no window has come: give more --half-turns") }
        var figures = FigureList()
        figures.add("columns", Double(columns))
        figures.add("rows", Double(rows))
        figures.add("projections_per_second", pace)
        figures.add("windows", Double(latencies.count))
        figures.add("latency_ms_p50", latencies[latencies.count / 2])
        figures.add("latency_ms_p99", latencies[(99 * latencies.count - 1) / 100])
        figures.add("latency_ms_max", latencies[latencies.count - 1])
        figures.add("cpu_ms_per_projection", cpu * 1e-6 / Double(angles * halfTurns))
        figures.addLoad()
        figures.print(json: json)
    }
}

/// A source that plays a detector: darks and flats at once, then projections at a pace, turn after turn the same.
private final class PacedDetector: Source {
    let projections: Int
    let columns: Int
    private let rows: Int
    private let interval: Duration
    private let degreesPerProjection: Double
    private let flat: Payload
    private let dark: Payload
    private let turn: [Payload]
    /// When the detector had each projection.
    private let moments = Guarded<[ContinuousClock.Instant]>([])

    init(scan: SyntheticScan, projections: Int, pace: Double) {
        self.projections = projections
        rows = scan.rows
        columns = scan.columns
        interval = .seconds(1 / pace)
        degreesPerProjection = 180 / Double(scan.anglesDegrees.count)
        func payload(_ counts: [UInt16]) -> Payload { counts.withUnsafeBytes { Payload(copying: $0) } }
        flat = payload(scan.flat(0))
        dark = payload(scan.dark(0))
        turn = scan.anglesDegrees.indices.map { payload(scan.projection($0)) }
    }

    var disorder: Disorder { .ascending }

    var summary: String { "\(projections) projections at a pace" }

    func moment(of projection: Int) -> ContinuousClock.Instant { moments.withLock { $0[projection] } }

    /// The number of the projection at an angle.
    func projection(atDegrees angle: Double) -> Int { Int((angle / degreesPerProjection).rounded()) }

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Frame> { Reader(self, context) }

    private struct Reader: SourceReader {
        private let detector: PacedDetector
        private let context: SourceContext
        private var count = 0
        private var start: ContinuousClock.Instant?
        private var isAnnounced = false

        init(_ detector: PacedDetector, _ context: SourceContext) {
            self.detector = detector
            self.context = context
        }

        mutating func read(into batch: inout SourceBatch<Frame>) -> SourceProgress {
            guard isAnnounced else {
                isAnnounced = true
                return .control(.scanStart(ScanStart(scan: context.scan, properties: [:])))
            }
            guard count >= 2 else {
                append(count == 0 ? .dark : .flat, count == 0 ? detector.dark : detector.flat, index: 0, to: &batch)
                return .more
            }
            let index = count - 2
            guard index < detector.projections else {
                guard index == detector.projections else { return .end }
                count += 1
                return .control(.scanEnd(ScanEnd(scan: context.scan, eventCount: UInt64(index + 2))))
            }
            let start = start ?? .now
            self.start = start
            let due = start + detector.interval * index
            let wait = due - .now
            if wait > .zero { usleep(UInt32(wait / .microseconds(1))) }
            detector.moments.withLock { $0.append(.now) }
            append(.projection, detector.turn[index % detector.turn.count], index: index, to: &batch)
            return .more
        }

        private mutating func append(
            _ kind: FrameKind, _ pixels: Payload, index: Int, to batch: inout SourceBatch<Frame>
        ) {
            let frame = Frame(
                scan: context.scan, kind: kind, index: index,
                angleDegrees: kind == .projection ? Double(index) * detector.degreesPerProjection : 0,
                rows: detector.rows, columns: detector.columns, pixelType: .u16, pixels: pixels)
            batch.append(frame, time: Timestamp(nanoseconds: Int64(count)), payloadBytes: pixels.count)
            count += 1
        }
    }
}

/// A sink that takes the time between a window's last projection and its slice.
private final class SliceArrivals: Sink {
    private let detector: PacedDetector
    private let arrived = Guarded<[Double]>([])

    init(of detector: PacedDetector) { self.detector = detector }

    /// In milliseconds, window by window.
    var latencies: [Double] { arrived.withLock { $0 } }

    var summary: String { "times of slices" }

    func check(_ context: SinkContext) {}

    func open(_ context: SinkContext) -> any SinkWriter<ReconstructedSlice> { Writer(sink: self) }

    private struct Writer: SinkWriter {
        let sink: SliceArrivals
        private var window = -1

        init(sink: SliceArrivals) { self.sink = sink }

        mutating func write(_ events: Events<ReconstructedSlice>) {
            // The middle slice comes with its partner.
            for event in events where event.value.window != window {
                window = event.value.window
                let last = sink.detector.projection(atDegrees: event.value.anglesDegrees.upperBound)
                let latency = (ContinuousClock.now - sink.detector.moment(of: last)) / .milliseconds(1)
                sink.arrived.withLock { $0.append(latency) }
            }
        }

        mutating func finish() {}

        mutating func abandon() {}
    }
}
