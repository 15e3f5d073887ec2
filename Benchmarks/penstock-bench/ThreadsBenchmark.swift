import ArgumentParser
import Dispatch
import PenstockBenchmarks
import PenstockTomography

/// How much sooner several threads are done with the same slices than one.
struct ThreadsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "threads", abstract: "Reconstruct the same slices on one thread and on several, by the clock.",
        discussion: """
            speedup is the time by the clock of gridrec on one thread divided by that on several, each the least of \
            some rounds in turn. floor_speedup is the same for the bare transforms by FFTW, a pair of slices for each \
            thread at a time: what the machine can give, since its processors may share a core and always share its \
            memory. Only figures of an idle machine mean something; its load is printed.
            """)

    @Option(help: "Projections, evenly over 180 degrees.") var angles = 512
    @Option(help: "Columns of the detector.") var columns = 512
    @Option(help: "Slices.") var slices = 32
    @Option(help: "Threads.") var threads = 2
    @Option(help: "Rounds.") var rounds = 7
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard angles > 0, columns > 0, slices > 0, threads > 0, rounds > 0 else {
            throw ValidationError("all sizes must be positive")
        }
    }

    func run() throws {
        let radians = (0..<angles).map { Double($0) * .pi / Double(angles) }
        let plan = try GridrecPlan(columns: columns, anglesRadians: radians, centre: Double(columns) / 2 + 0.3)
        let phantom = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: 0.47 * Double(columns))
        let sinogram = phantom.sinogram(anglesRadians: radians, columns: columns, centre: plan.centre)
        let sinograms = (0..<slices).flatMap { _ in sinogram }
        let images = UnsafeMutablePointer<Float>.allocate(capacity: slices * columns * columns)
        images.initialize(repeating: 0, count: slices * columns * columns)
        defer { images.deallocate() }
        let speed = leastSeconds { workers in
            sinograms.withUnsafeBufferPointer { sinograms in
                plan.reconstruct(
                    .sinograms(sinograms.baseAddress!, rows: slices, angles: angles, columns: columns), into: images,
                    workers: workers)
            }
        }
        let floors = (0..<threads).map { _ in
            FloorOfThread(FourierFloor(angles: angles, period: plan.period, isMeasured: true))
        }
        let pairs = (slices + 1) / 2
        let floor = leastSeconds { workers in
            DispatchQueue.concurrentPerform(iterations: workers) { worker in
                for _ in stride(from: worker, to: pairs, by: workers) { floors[worker].floor.run() }
            }
        }
        var figures = FigureList()
        figures.add("angles", Double(angles))
        figures.add("columns", Double(columns))
        figures.add("slices", Double(slices))
        figures.add("threads", Double(threads))
        figures.add("ms_per_slice_one_thread", speed.one * 1000 / Double(slices))
        figures.add("ms_per_slice", speed.several * 1000 / Double(slices))
        figures.add("speedup", speed.one / speed.several)
        figures.add("floor_speedup", floor.one / floor.several)
        figures.addLoad()
        figures.print(json: json)
    }

    /// The least seconds by the clock of some rounds with one thread and with several, in turn.
    private func leastSeconds(_ body: (_ workers: Int) -> Void) -> (one: Double, several: Double) {
        let clock = ContinuousClock()
        func seconds(_ workers: Int) -> Double { clock.measure { body(workers) } / .seconds(1) }
        body(threads)
        var (one, several) = (Double.infinity, Double.infinity)
        for _ in 0..<rounds {
            one = min(one, seconds(1))
            several = min(several, seconds(threads))
        }
        return (one, several)
    }
}

/// Sound to share: each is used by one thread at a time.
private final class FloorOfThread: @unchecked Sendable {
    let floor: FourierFloor

    init(_ floor: consuming FourierFloor) { self.floor = floor }
}
