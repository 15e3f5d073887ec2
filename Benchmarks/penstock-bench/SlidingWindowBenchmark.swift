import ArgumentParser
import PenstockBenchmarks
import PenstockEvents
import PenstockTomography

/// A window that slides over the angle: what a projection that comes and one that leaves cost, what an image costs, and how long a preview
/// takes from its last projection.
struct SlidingWindowBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window",
        abstract: "Slide a window over the angle: cost of a projection, of an image, and latency.",
        discussion: """
            A pair of slices; a stage turns steadily, and the window moves on by a twelfth of its length at a time. \
            update_cpu_us is the time of one change, a projection that comes or one that leaves; image_cpu_ms that of \
            the two images of a window without changes; afresh_cpu_ms that of the same images from all projections; \
            weights_cpu_ms that of the angular weights, once for all pairs. latency is the time by the clock from \
            the last projection of a window, after -log, to its images, all changes of the step included. The \
            floors are bare transforms by FFTW's MEASURE: one of a projection, and one of the grid.
            """)

    @Option(help: "Columns of the detector.") var columns = 512
    @Option(parsing: .upToNextOption, help: "Projections of the windows over 180 degrees.") var windows = [
        180, 720, 2880,
    ]
    @Option(help: "Windows of each length.") var steps = 100
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard columns > 0, steps > 1, !windows.isEmpty, windows.allSatisfy({ $0 >= 24 }) else {
            throw ValidationError(
                "all sizes must be positive, windows have 24 projections or more, and steps are two or more")
        }
    }

    func run() throws {
        var figures = FigureList()
        figures.add("columns", Double(columns))
        let setup = try GridrecSetup(columns: columns, centre: Double(columns) / 2 + 0.3)
        for window in windows { try measure(window, setup, &figures) }
        // Last: what FFTW measures once it uses for later estimates in the same process.
        let period = try GridrecPlan(columns: columns, anglesRadians: [0], centre: 0).period
        let floor = FourierFloor(angles: 180, period: period, isMeasured: true)
        figures.add("fft_floor_cpu_us_per_projection", floor.cpuMicrosecondsPerAngle(repeats: 5, angles: 180))
        figures.add("fft_floor_cpu_ms_per_image_pair", floor.gridCPUMilliseconds(repeats: 5))
        figures.addLoad()
        figures.print(json: json)
    }

    private func measure(_ window: Int, _ setup: GridrecSetup, _ figures: inout FigureList) throws {
        let step = window / 12
        let turn = halfTurn(window)
        var projections = turn
        var next = window
        var grids = SlidingGrids()
        let pool = MemoryPool()
        var (even, odd) = (
            Array(repeating: Float(0), count: columns * columns), Array(repeating: Float(0), count: columns * columns)
        )
        func images(_ update: GridUpdate) {
            even.withUnsafeMutableBufferPointer { even in
                odd.withUnsafeMutableBufferPointer { odd in
                    update.reconstruct(pair: 0, into: even.baseAddress!, odd.baseAddress!, pool: pool)
                }
            }
        }
        func update() throws -> GridUpdate { try grids.update(to: projections, pairs: [0], setup) }
        var afresh: [Double] = []
        for _ in 0..<3 {
            grids = SlidingGrids()
            let all = try update()
            afresh.append(ProcessorTime.milliseconds { images(all) })
        }
        var (weights, changes, image, latency): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        let clock = ContinuousClock()
        for _ in 0..<steps {
            // All but the last one have come and gone already when the clock starts.
            for _ in 0..<step - 1 { slide(&projections, &next, &grids, turn) }
            let start = clock.now
            slide(&projections, &next, &grids, turn)
            let cpu = ProcessorTime.threadMilliseconds
            let moved = try update()
            let planned = ProcessorTime.threadMilliseconds
            images(moved)
            let done = ProcessorTime.threadMilliseconds
            latency.append((clock.now - start) / .milliseconds(1))
            weights.append(planned - cpu)
            let unchanged = try update()
            image.append(ProcessorTime.milliseconds { images(unchanged) })
            changes.append((done - planned - (image.last ?? 0)) * 1000 / Double(moved.changeCount))
        }
        let prefix = "window_\(window)_"
        figures.add(prefix + "update_cpu_us", median(changes))
        figures.add(prefix + "weights_cpu_ms", median(weights))
        figures.add(prefix + "image_cpu_ms", median(image))
        figures.add(prefix + "afresh_cpu_ms", median(afresh))
        figures.add(prefix + "latency_ms_p50", median(latency))
        figures.add(prefix + "latency_ms_p99", latency.sorted()[(99 * latency.count - 1) / 100])
    }

    /// One projection comes, half a turn behind the one that leaves.
    private func slide(
        _ projections: inout [Projection], _ next: inout Int, _ grids: inout SlidingGrids, _ turn: [Projection]
    ) {
        grids.remove(projections.removeFirst())
        var projection = turn[next % turn.count]
        projection.index = next
        projection.angleDegrees = Double(next) * 180 / Double(turn.count)
        projections.append(projection)
        next += 1
    }

    private func halfTurn(_ count: Int) -> [Projection] {
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 0.47 * Double(columns))
        return (0..<count).map { index in
            let angle = Double(index) * 180 / Double(count)
            let row = phantom.projection(
                angleRadians: angle * .pi / 180, columns: columns, centre: Double(columns) / 2 + 0.3)
            return Projection(
                scan: ScanID(1), index: index, angleDegrees: angle, travelDegrees: angle,
                centre: Double(columns) / 2 + 0.3, rows: 2, columns: columns, firstRow: 0,
                values: (row + row).withUnsafeBytes { Payload(copying: $0) })
        }
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
