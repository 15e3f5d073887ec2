internal import PenstockEvents

extension ConsumerCore {
    /// Starts the one timer of automatic commits, which ends when everything is committed.
    func startCommits() {
        guard case .automatic(let interval) = options.commits else { return }
        let task = Task.detached { [self] in
            repeat {
                let due = options.clock.nanoseconds.addingReportingOverflow(interval.nanoseconds)
                await options.clock.sleep(until: due.overflow ? .max : due.partialValue)
                guard !Task.isCancelled, !state.withLock({ $0.isClosed }) else { break }
                do throws(LogError) {
                    try await commitProcessed()
                } catch {
                    // What may pass is committed the next time, or its failure is told at close.
                    guard !error.mayPass || error.code == .closed else { continue }
                    update { state, work in
                        state.failure = state.failure ?? error
                        state.change(&work)
                    }
                }
            } while goesOnCommitting()
        }
        state.withLock { $0.commits = task }
    }

    private func goesOnCommitting() -> Bool {
        state.withLock { state in
            state.isCommitting = state.failure == nil && !state.isClosed && !state.uncommitted.isEmpty
            return state.isCommitting
        }
    }

    /// Commits what is processed and not committed yet. What the group has given to another member is dropped.
    func commitProcessed() async throws(LogError) {
        guard membership.group != nil else { return }
        while true {
            let (positions, numbers) = state.withLock { state in
                (state.uncommitted, Dictionary(uniqueKeysWithValues: state.lanes.map { ($0.partition, $0.number) }))
            }
            do throws(LogError) { return try await commit(positions) } catch {
                guard error.code == .producerFenced, let lost = error.place.partition, positions[lost] != nil else {
                    throw error
                }
                // Where it has been assigned again meanwhile that is another lane, which stays.
                guard state.withLock({ $0.lane(lost)?.number }) == numbers[lost] else { continue }
                await stop([lost])
                remove([lost])
            }
        }
    }

    func commit(_ positions: [TopicPartition: UInt64]) async throws(LogError) {
        guard !positions.isEmpty else { return }
        try await membership.commit(positions)
        state.withLock { state in
            for (partition, position) in positions { state.lane(partition)?.committed = position }
        }
    }

    /// Ends everything, commits, and leaves the group.
    func close() async throws(LogError) {
        let (isFirst, tasks, commits) = update { state, work in
            let isFirst = !state.isClosed
            state.isClosed = true
            // A batch that is in hand is not processed: who has it may have stopped in its middle.
            state.dropHand(&work)
            state.change(&work)
            return (isFirst, state.fetching.valuesInOrder.compactMap { $0 }, state.commits)
        }
        guard isFirst else { return }
        for task in tasks { task.cancel() }
        commits?.cancel()
        for task in tasks { await task.value }
        await commits?.value
        let readers = state.withLock { state in state.lanes.compactMap(\.reader) }
        for reader in readers { await reader.close() }
        var failure: LogError?
        if case .automatic = options.commits {
            do throws(LogError) { try await commitProcessed() } catch { failure = error }
        }
        do throws(LogError) { try await membership.leave() } catch { failure = failure ?? error }
        if let failure { throw failure }
    }

    /// Ends the tasks of a consumer that was dropped without being closed; nothing is committed.
    func abandon() {
        let tasks = update { state, work in
            state.isClosed = true
            state.dropHand(&work)
            state.change(&work)
            return state.fetching.valuesInOrder.compactMap { $0 } + (state.commits.map { [$0] } ?? [])
        }
        for task in tasks { task.cancel() }
    }
}
