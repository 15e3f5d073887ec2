internal import Foundation
public import Penstock

/// Threads on which structures are screened, a number of structures at a time over all tiers.
///
/// Tiers compute for seconds to minutes without a pause. On threads of their own they keep neither stages nor the tasks of others waiting.
public final class ScreeningWorkers: Sendable {
    /// How many structures are screened at a time.
    public let count: Int
    private let queue: OperationQueue

    /// So many structures at a time.
    public init(_ count: Int) {
        precondition(count > 0, "somebody has to do the work")
        self.count = count
        queue = OperationQueue()
        queue.maxConcurrentOperationCount = count
    }

    /// A tier as a stage: one candidate out for each that comes in, in their order.
    ///
    /// The digest of a candidate and the identity of the tier decide the result.
    public func stage(_ tier: some ScreeningTier) -> MapAsync<Candidate, Candidate> {
        // More than are worked on, so that a slow structure does not keep the next ones waiting.
        MapAsync(capacity: 8 * count, timeout: nil) { [self] (candidate: Candidate) in
            if candidate.result.isFinished { return candidate }
            return await perform { candidate.screened(by: tier) }
        }
    }

    /// The first tier as a stage, from files.
    public func firstStage(_ tier: some ScreeningTier) -> MapAsync<StructureFile, Candidate> {
        MapAsync(capacity: 8 * count, timeout: nil) { [self] (file: StructureFile) in
            await perform { Candidate(file).screened(by: tier) }
        }
    }

    private func perform(_ work: @escaping @Sendable () -> Candidate) async -> Candidate {
        await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: work()) }
        }
    }
}
