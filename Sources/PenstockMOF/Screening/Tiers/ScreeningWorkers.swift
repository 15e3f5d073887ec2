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
    /// The digest of a candidate and the identity of the tier decide the result. With a topic, what the tier found of a candidate is remembered
    /// there by both, and no later run or replay computes it again. Candidates that are out already are not remembered.
    public func stage(
        _ tier: some ScreeningTier, rememberedIn topic: String? = nil
    ) -> MapAsync<Candidate, Candidate> {
        let identity = tier.identity
        let answers = Self.answers(in: topic) { (candidate: Candidate) in
            candidate.result.isFinished ? nil : candidate.digest.adding(identity)
        }
        return MapAsync(capacity: capacity, timeout: nil, answers: answers) { [self] (candidate: Candidate) in
            try await screened(candidate, by: tier)
        }
    }

    /// A tier as a stage for what has a candidate and more: one item out for each that comes in.
    /// - Parameter order: With `.unordered` a slow structure does not keep those behind it waiting, and the order is no longer that of the stream.
    public func stage<Item: Screenable>(
        _ tier: some ScreeningTier, of type: Item.Type, order: AsyncRequests.Order = .ordered
    ) -> MapAsync<Item, Item> {
        // Out of order few are enough.
        let capacity = order == .ordered ? capacity : 2 * count
        return MapAsync(capacity: capacity, timeout: nil, order: order) { [self] (item: Item) in
            var item = item
            item.candidate = try await screened(item.candidate, by: tier)
            return item
        }
    }

    /// The first tier as a stage, from files; remembered as `stage(_:rememberedIn:)` says.
    public func firstStage(
        _ tier: some ScreeningTier, rememberedIn topic: String? = nil
    ) -> MapAsync<StructureFile, Candidate> {
        let identity = tier.identity
        let answers = Self.answers(in: topic) { (file: StructureFile) in Candidate(file).digest.adding(identity) }
        return MapAsync(capacity: capacity, timeout: nil, answers: answers) { [self] (file: StructureFile) in
            try await perform { Candidate(file).screened(by: tier) }
        }
    }

    /// More than are worked on, so that a slow structure does not keep the next ones waiting.
    private var capacity: Int { 8 * count }

    /// Answers that are remembered in a topic by a digest, where there is a topic.
    static func answers<In>(
        in topic: String?, by digest: @escaping @Sendable (In) -> ContentDigest?
    ) -> AsyncAnswers<In> {
        guard let topic else { return .repeatable }
        return .remembered(in: topic) { digest($0).map { AnswerKey(first: $0.high, second: $0.low) } }
    }

    private func screened(_ candidate: Candidate, by tier: some ScreeningTier) async throws -> Candidate {
        if candidate.result.isFinished { return candidate }
        return try await perform { candidate.screened(by: tier) }
    }

    /// Does work on a thread of the queue. A run that ends does not wait for it: nobody takes what comes of it any more.
    private func perform(_ work: @escaping @Sendable () -> Candidate) async throws -> Candidate {
        let waiting = Guarded<CheckedContinuation<Candidate, any Error>?>(nil)
        @Sendable func resume(with result: Result<Candidate, any Error>) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(with: result)
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0 = continuation }
                if Task.isCancelled { return resume(with: .failure(CancellationError())) }
                queue.addOperation {
                    guard waiting.withLock({ $0 != nil }) else { return }
                    resume(with: .success(work()))
                }
            }
        } onCancel: {
            resume(with: .failure(CancellationError()))
        }
    }
}
