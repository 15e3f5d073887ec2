internal import PenstockEvents

/// Openings of a partition, the first one and those after a failure.
extension RecordProducer {
    /// The one place where the producer gets writers.
    private func writer(for partition: TopicPartition) async throws(LogError) -> any TopicWriter {
        // Whoever says at which offset a batch belongs has the partition to itself.
        try await options.afterFailure == .stopPartition
            ? log.writer(for: partition) : log.sharedWriter(for: partition)
    }

    func open(_ number: Int) async {
        let partition = TopicPartition(topic.name, number)
        do throws(LogError) {
            let connection = try await connect(partition)
            let failure = state.withLock { state -> LogError? in
                let lane = state.lanes[number]
                lane.connection = connection
                guard let session = connection.session else { return nil }
                let failure = lane.adopt(session)
                lane.failure = failure
                return failure
            }
            // The connection is given up before anything else happens.
            if let failure { stop(failure) }
        } catch {
            state.withLock { $0.lanes[number].failure = error }
        }
    }

    private func connect(_ partition: TopicPartition) async throws(LogError) -> ProducerConnection {
        let writer = try await writer(for: partition)
        guard let name = options.name else { return ProducerConnection(writer: writer, session: nil) }
        state.withLock { $0.lanes[partition.partition].sessionsAsked += 1 }
        do throws(LogError) {
            return ProducerConnection(writer: writer, session: try await writer.producer(named: name))
        } catch {
            if error.provesNothingWritten { state.withLock { $0.lanes[partition.partition].sessionsAsked -= 1 } }
            try? await writer.close()
            throw error
        }
    }

    /// Decides what to do after a failure, when nothing is on its way any more and the writer is given up: try again
    /// later, or fail what the partition has.
    func recover(_ number: Int, from error: LogError) async {
        if error.code == .producerFenced { return stop(error) }
        let now = options.clock.nanoseconds
        let due = state.withLock { state -> Int64? in
            let lane = state.lanes[number]
            lane.failure = nil
            lane.requeue()
            // The batch itself was at fault: the others only have to be numbered anew.
            if error.refusesBatch { return now }
            guard error.mayPass, state.stopped == nil, lane.stopped == nil else { return nil }
            return lane.retry.fail(at: now, options.retry)
        }
        guard let due else { return failAll(number, because: error) }
        if due > now { await options.clock.sleep(until: due) }
    }

    /// Fails everything that one partition has to send. What is sent from now on is tried anew, unless the options say
    /// no.
    func failAll(_ number: Int, because error: LogError) {
        let work = state.withLock { state in
            var work = ProducerState.Work()
            let lane = state.lanes[number]
            lane.failure = nil
            lane.retry.succeed()
            let cause = lane.stopped ?? error
            let items = lane.takeAll()
            if !items.isEmpty { state.note(error, lane, options) }
            for item in items {
                item.batch.settle(item.rows, .failure(cause))
                state.release(item.bytes, limit: options.pendingBytes, &work)
            }
            return work
        }
        run(work)
    }

    /// Ends the producer: nothing more is taken, and everything that is not answered fails.
    private func stop(_ error: LogError) {
        let (count, work) = state.withLock { state in
            var work = ProducerState.Work()
            state.stopped = state.stopped ?? error
            state.refuse(&work)
            return (state.lanes.count, work)
        }
        for number in 0..<count { failAll(number, because: error) }
        run(work)
    }
}
