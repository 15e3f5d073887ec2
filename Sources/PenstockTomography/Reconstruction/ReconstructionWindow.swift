internal import Dispatch
internal import PenstockEvents

/// The reconstruction of one window: what all of its slices share, and the memory of the threads.
///
/// Pointers into the projections are used only inside `reconstruct`, while `projections` holds their memory.
final class ReconstructionWindow: Sendable {
    private let plan: any ReconstructionPlan
    private let projections: [Projection]
    private let pool: MemoryPool

    /// Prepares the window of these projections, at least one, in the memory of the window before, where it serves.
    /// - Throws: `TomographyError` where the projections do not know their rotation centre, or an angle is not finite.
    init(
        _ projections: [Projection], by method: ReconstructionMethod, reusing last: ReconstructionWindow?
    ) throws(TomographyError) {
        guard let first = projections.first, let centre = first.centre else { throw .centreUnknown }
        self.projections = projections
        let angles = projections.map { $0.angleDegrees.remainder(dividingBy: 360) * .pi / 180 }
        plan = try method.plan(columns: first.columns, anglesRadians: angles, centre: centre)
        pool = last?.pool ?? MemoryPool()
    }

    /// How the angles are spread.
    var weights: AngularWeights { plan.weights }

    /// The slices of some pairs of rows, in order of their rows; each pair on a thread of its own, and beginning with the images that it has.
    func reconstruct(pairs: [Int], from images: WarmImages) -> [(row: Int, pixels: Payload)] {
        let rows = projections[0].rows
        let jobs = pairs.map {
            PairJob(even: 2 * $0, odd: 2 * $0 + 1 < rows ? 2 * $0 + 1 : nil, size: plan.columns, from: images)
        }
        if jobs.count == 1 {
            run(jobs[0])
        } else {
            DispatchQueue.concurrentPerform(iterations: jobs.count) { run(jobs[$0]) }
        }
        return jobs.flatMap(\.slices)
    }

    private func run(_ job: PairJob) {
        let even = pointers(row: job.even)
        let odd = job.odd.map { pointers(row: $0) } ?? []
        even.withUnsafeBufferPointer { even in
            odd.withUnsafeBufferPointer { odd in
                let pair = SlicePair(
                    even: even, odd: job.odd == nil ? nil : odd, evenImage: job.evenImage, oddImage: job.oddImage,
                    isWarm: job.isWarm)
                pool.reconstruct(pair, by: plan)
            }
        }
    }

    private func pointers(row: Int) -> [UnsafePointer<Float>] {
        projections.map { projection in
            projection.values.withValues(of: Float.self) { values in
                // The storage outlives the call: `projections` holds it.
                values.baseAddress! + row * projection.columns
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
        isWarm = last.count == rows.count
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
