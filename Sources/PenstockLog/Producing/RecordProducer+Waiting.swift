internal import PenstockEvents

extension RecordProducer {
    /// Sends what waits for more, so that there will be room, and suspends until there is some, or nothing is taken any
    /// more.
    /// - Throws: `LogError` with code `cancelled`.
    nonisolated(nonsending) func waitForRoom() async throws(LogError) {
        let number = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                var work = ProducerState.Work()
                let waits = state.withLock { state in
                    let isStopped = state.stopped != nil || state.isClosing || Task.isCancelled
                    guard !isStopped, state.pendingBytes >= options.pendingBytes else { return false }
                    state.waiters.append(.init(number: number, continuation: continuation))
                    state.sendAll(&work)
                    return true
                }
                if !waits { continuation.resume() }
                run(work)
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
        guard !Task.isCancelled else {
            throw LogError(
                .cancelled, "sending to topic \(topic.name) was cancelled while it waited for room",
                hint: "the record was not sent")
        }
    }

    /// Sends everything that was sent so far, and waits until all of it is answered for.
    /// - Throws: the first failure since the last flush; the receipts tell which records it is about. `LogError` with
    ///   code `cancelled` where the task is while it waits.
    public nonisolated(nonsending) func flush() async throws(LogError) {
        for batch in sendAll() { try await batch.answered() }
        try throwFailure()
    }

    private func sendAll() -> [ProducerBatch] {
        let (batches, work) = state.withLock { state in
            var work = ProducerState.Work()
            state.sendAll(&work)
            return (state.lanes.flatMap(\.batches), work)
        }
        run(work)
        return batches
    }

    private func throwFailure() throws(LogError) {
        let failure = state.withLock { state in
            defer { state.failure = nil }
            return state.failure
        }
        if let failure { throw failure }
    }

    /// Takes nothing more, sends what is left, waits until all of it is answered for, and gives the partitions up; a
    /// cancelled task does that too. Closing twice does nothing.
    /// - Throws: as `flush`, or the first failure of closing a partition.
    public nonisolated(nonsending) func close() async throws(LogError) {
        let (isFirst, work) = state.withLock { state in
            var work = ProducerState.Work()
            state.refuse(&work)
            defer { state.isClosing = true }
            return (!state.isClosing, work)
        }
        run(work)
        guard isFirst else { return }
        var failure: LogError?
        for batch in sendAll() { await batch.wait() }
        do throws(LogError) { try throwFailure() } catch { failure = error }
        for number in topic.partitions.indices {
            await waitUntilIdle(number)
            let connection = state.withLock { state in
                defer { state.lanes[number].connection = nil }
                return state.lanes[number].connection
            }
            do throws(LogError) { try await connection?.writer.close() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private nonisolated(nonsending) func waitUntilIdle(_ number: Int) async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                guard state.lanes[number].isPumping else { return true }
                state.lanes[number].idleWaiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Does what a change under the lock asks for.
    func run(_ work: ProducerState.Work) {
        for waiter in work.ready { waiter.resume() }
        for number in work.pumps { Task.detached { await self.pump(number) } }
        if work.startsTimer { Task.detached { await self.keepTime() } }
    }

    /// The one timer of the producer; ends when no batch is being filled.
    private func keepTime() async {
        while let due = state.withLock({ $0.nextDue() }) {
            await options.clock.sleep(until: due)
            let work = state.withLock { state in
                var work = ProducerState.Work()
                state.expire(at: options.clock.nanoseconds, &work)
                return work
            }
            run(work)
        }
    }
}
