internal import Dispatch
internal import PenstockEvents

extension ConsumerCore {
    /// What comes next: one batch of each partition in turn, by topic and number, without those that have nothing now.
    ///
    /// A partition whose fetching has not answered yet is waited for, so that the order of what is there does not
    /// depend on how fast each comes. Asking says that what was delivered before is processed.
    func take() -> ConsumerState.Outcome {
        update { state, work in
            state.finishHand(&work)
            let outcome = find(&state, &work)
            if case .automatic = options.commits, membership.group != nil, !state.isClosed, !state.isCommitting,
                !state.uncommitted.isEmpty
            {
                state.isCommitting = true
                work.startsCommits = true
            }
            return outcome
        }
    }

    private func find(_ state: inout ConsumerState, _ work: inout ConsumerState.Work) -> ConsumerState.Outcome {
        if let failure = state.failure { return .failure(failure) }
        if state.isClosed { return .failure(LogError(.closed, "the consumer is closed", hint: "open another one")) }
        guard state.isAssigned else { return .nothing(state.changes) }
        var passed = 0
        while passed < state.lanes.count {
            let lane = state.lanes[(state.turn + passed) % state.lanes.count]
            if !lane.isPaused, !lane.isRevoked {
                while let fetched = lane.take() {
                    guard let delivery = delivery(fetched, lane) else { continue }
                    state.turn = (state.turn + passed + 1) % state.lanes.count
                    state.fetchMore(limit: options.prefetchBytes, &work)
                    state.inHand = lane.partition
                    return .delivery(delivery)
                }
                switch lane.phase {
                case .fetching: return .nothing(state.changes)
                case .failed(let error): return .failure(error)
                case .parked:
                    state.start(lane, &work)
                    return .nothing(state.changes)
                case .waiting, .ended: break
                }
            }
            passed += 1
        }
        let isOver = !state.lanes.isEmpty && state.lanes.allSatisfy(\.isOver)
        return isOver ? .end : .nothing(state.changes)
    }

    /// What was fetched as it is delivered; nil where it is passed over, and processed by that.
    private func delivery(_ fetched: Fetched, _ lane: ConsumerLane) -> Delivery? {
        lane.position = fetched.next
        if case .control = fetched.content, !options.deliversControl {
            lane.processed = fetched.next
            return nil
        }
        return Delivery(partition: lane.partition, offsets: fetched.offsets, content: fetched.content)
    }

    /// The next delivery, or nil at the end.
    nonisolated(nonsending) func next() async throws(LogError) -> Delivery? {
        while true {
            switch take() {
            case .delivery(let delivery): return delivery
            case .end: return nil
            case .failure(let error): throw error
            case .nothing(let changes): try await wait(beyond: changes)
            }
        }
    }

    private nonisolated(nonsending) func wait(beyond changes: UInt64) async throws(LogError) {
        let number = newWaiter()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.changes == changes, !Task.isCancelled else { return false }
                    state.waiters.append(.task(number, continuation))
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            removeWaiter(number)?.wake()
        }
        guard !Task.isCancelled else {
            throw LogError(.cancelled, "waiting for records was cancelled", hint: "what was delivered stays delivered")
        }
    }

    /// Suspends until the consumer knows its partitions, or will never.
    func waitForAssignment() async {
        while true {
            let changes = state.withLock { state in
                state.isAssigned || state.isClosed || state.failure != nil ? nil : state.changes
            }
            guard let changes, !Task.isCancelled else { return }
            try? await wait(beyond: changes)
        }
    }

    /// The same for a thread of its own, until `deadline`.
    func nextBlocking(until deadline: DispatchTime) throws(LogError) -> BlockingDelivery {
        while true {
            switch take() {
            case .delivery(let delivery): return .delivery(delivery)
            case .end: return .end
            case .failure(let error): throw error
            case .nothing(let changes):
                let semaphore = DispatchSemaphore(value: 0)
                let number = newWaiter()
                let waits = state.withLock { state in
                    guard state.changes == changes else { return false }
                    state.waiters.append(.thread(number, semaphore))
                    return true
                }
                guard waits, semaphore.wait(timeout: deadline) == .timedOut else { continue }
                _ = removeWaiter(number)
                return .timedOut
            }
        }
    }

    private func newWaiter() -> UInt64 {
        state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
    }

    private func removeWaiter(_ number: UInt64) -> ConsumerState.Waiter? {
        state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
        }
    }
}

/// What a blocking wait for a delivery ended with.
public enum BlockingDelivery: Sendable {
    /// Something was delivered.
    case delivery(Delivery)
    /// Nothing comes any more.
    case end
    /// Nothing came in time.
    case timedOut
}
