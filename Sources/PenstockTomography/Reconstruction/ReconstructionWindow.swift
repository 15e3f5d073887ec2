internal import Dispatch
internal import PenstockEvents

/// The reconstruction of one window: what all of its slices share, and the memory of the threads.
final class ReconstructionWindow: Sendable {
    private enum Way {
        /// From the sinograms.
        case afresh(any ReconstructionPlan)
        /// From the grids of the window before.
        case update(GridUpdate)
    }

    private let way: Way
    private let sinograms: WindowSinograms
    private let pool: MemoryPool

    /// Prepares the window of these sinograms in the memory of the window before, where it serves.
    /// - Throws: `TomographyError` where an angle is not finite.
    init(
        _ sinograms: WindowSinograms, by method: ReconstructionMethod, reusing last: ReconstructionWindow?
    ) throws(TomographyError) {
        let geometry = sinograms.geometry
        let angles = geometry.anglesDegrees.map { $0.remainder(dividingBy: 360) * .pi / 180 }
        let plan = try method.plan(
            columns: geometry.columns, anglesRadians: angles, centre: geometry.centre, reusing: last?.gridrecSetup)
        way = .afresh(plan)
        self.sinograms = sinograms
        pool = last?.pool ?? MemoryPool()
    }

    /// The window of these sinograms by the update of its grids.
    init(_ update: GridUpdate, _ sinograms: WindowSinograms, reusing last: ReconstructionWindow?) {
        way = .update(update)
        self.sinograms = sinograms
        pool = last?.pool ?? MemoryPool()
    }

    /// Width and height of the slices.
    var size: Int {
        switch way {
        case .afresh(let plan): plan.columns
        case .update(let update): update.setup.layout.columns
        }
    }

    /// The sinogram of a row, in order of the angles.
    func sinogram(row: Int) -> Sinogram { sinograms.ordered(row: row) }

    /// How the angles are spread.
    var weights: AngularWeights {
        switch way {
        case .afresh(let plan): plan.weights
        case .update(let update): update.weights
        }
    }

    /// What gridrec can use for the next window.
    var gridrecSetup: GridrecSetup? {
        switch way {
        case .afresh(let plan): (plan as? GridrecPlan)?.setup
        case .update(let update): update.setup
        }
    }

    /// The slices of some pairs of rows, in order of their rows; each pair on a thread of its own, and beginning with the images that it has.
    func reconstruct(pairs: [Int], from images: WarmImages) -> [(row: Int, pixels: Payload)] {
        let rows = sinograms.rows
        let jobs = pairs.map {
            PairJob(even: 2 * $0, odd: 2 * $0 + 1 < rows ? 2 * $0 + 1 : nil, size: size, from: images)
        }
        if jobs.count == 1 {
            run(jobs[0])
        } else {
            DispatchQueue.concurrentPerform(iterations: jobs.count) { run(jobs[$0]) }
        }
        return jobs.flatMap(\.slices)
    }

    private func run(_ job: PairJob) {
        switch way {
        case .afresh(let plan): run(job, by: plan)
        case .update(let update):
            update.reconstruct(pair: job.even / 2, into: job.evenImage, job.oddImage, pool: pool)
        }
    }

    private func run(_ job: PairJob, by plan: any ReconstructionPlan) {
        sinograms.withLines(of: job.even) { even in
            sinograms.withLines(of: job.odd) { odd in
                let pair = SlicePair(
                    even: even, odd: job.odd == nil ? nil : odd, evenImage: job.evenImage, oddImage: job.oddImage,
                    isWarm: job.isWarm)
                pool.reconstruct(pair, by: plan)
            }
        }
    }
}

/// Where one thread puts the images of its pair. Sound to share: each job is written by one thread and read after all are done.
private final class PairJob: @unchecked Sendable {
    let even: Int
    let odd: Int?
    /// Whether the images are those of an earlier window.
    let isWarm: Bool
    private let storage: [Payload.Storage]

    init(even: Int, odd: Int?, size: Int, from images: WarmImages) {
        self.even = even
        self.odd = odd
        let rows = [even] + (odd.map { [$0] } ?? [])
        let last = rows.compactMap { images[$0] }
        // Images of another size are those of another geometry.
        isWarm = last.count == rows.count && last.allSatisfy { $0.count == 4 * size * size }
        storage = rows.map { _ in Payload.Storage(byteCount: 4 * size * size) }
        guard isWarm else { return }
        for (storage, image) in zip(storage, last) { image.withUnsafeBytes { storage.bytes.copyMemory(from: $0) } }
    }

    var evenImage: UnsafeMutablePointer<Float> { image(0) }

    var oddImage: UnsafeMutablePointer<Float>? { odd == nil ? nil : image(1) }

    var slices: [(row: Int, pixels: Payload)] {
        zip([even] + (odd.map { [$0] } ?? []), storage).map { ($0, Payload($1, range: 0..<$1.bytes.count)) }
    }

    private func image(_ index: Int) -> UnsafeMutablePointer<Float> {
        storage[index].bytes.bindMemory(to: Float.self).baseAddress!
    }
}
