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
        stage(tier, of: Candidate.self)
    }

    /// A tier as a stage for what has a candidate and more: one item out for each that comes in.
    /// - Parameter order: With `.unordered` a slow structure does not keep those behind it waiting, and the order is no longer that of the stream.
    public func stage<Item: Screenable>(
        _ tier: some ScreeningTier, of type: Item.Type, order: AsyncRequests.Order = .ordered
    ) -> MapAsync<Item, Item> {
        // More than are worked on, so that a slow structure does not keep the next ones waiting; out of order few are enough.
        MapAsync(capacity: (order == .ordered ? 8 : 2) * count, timeout: nil, order: order) { [self] (item: Item) in
            guard !item.candidate.result.isFinished else { return item }
            var item = item
            let candidate = item.candidate
            item.candidate = await perform { candidate.screened(by: tier) }
            return item
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
