internal import PenstockEvents

/// The work on one partition: one task at a time, which ends where there is nothing to do.
extension RecordProducer {
    private enum Step: Sendable {
        case open
        case submit(ProducerItem, ProducerConnection)
        case abandon(ProducerConnection)
        case recover(LogError)
        case fail(LogError)
        case rest([CheckedContinuation<Void, Never>])
    }

    func pump(_ number: Int) async {
        while true {
            switch state.withLock({ nextStep(number, &$0) }) {
            case .open: await open(number)
            case .submit(let item, let connection): await submit(item, number, connection)
            case .abandon(let connection): try? await connection.writer.close()
            case .recover(let error): await recover(number, from: error)
            case .fail(let error): failAll(number, because: error)
            case .rest(let waiters):
                for waiter in waiters { waiter.resume() }
                return
            }
        }
    }

    private func nextStep(_ number: Int, _ state: inout ProducerState) -> Step {
        let lane = state.lanes[number]
        if let failure = lane.failure ?? state.stopped {
            if let connection = lane.connection {
                lane.connection = nil
                return .abandon(connection)
            }
            // The last answer starts this again.
            if lane.inFlight.isEmpty, lane.failure != nil { return .recover(failure) }
            return rest(lane)
        }
        guard lane.hasWork else { return rest(lane) }
        if let stopped = lane.stopped { return .fail(stopped) }
        guard let connection = lane.connection else { return .open }
        guard lane.inFlight.count < options.batchesInFlight, let item = nextItem(lane) else { return rest(lane) }
        lane.inFlight.append(item)
        return .submit(item, connection)
    }

    private func rest(_ lane: ProducerLane) -> Step {
        lane.isPumping = false
        defer { lane.idleWaiters = [] }
        return .rest(lane.idleWaiters)
    }

    // What has no sequence has its place by this: nothing else is on its way beside one.
    private func nextItem(_ lane: ProducerLane) -> ProducerItem? {
        if lane.queue.isEmpty, lane.isDue { lane.seal() }
        guard var item = lane.queue.first, lane.inFlight.isEmpty || !item.isAlone && !lane.inFlight[0].isAlone
        else {
            return nil
        }
        lane.queue.removeFirst()
        if options.name != nil, !item.isAlone, item.sequence == nil {
            item.sequence = lane.nextSequence
            lane.nextSequence += UInt64(item.rows.count)
        }
        return item
    }

    private func submit(_ item: ProducerItem, _ number: Int, _ connection: ProducerConnection) async {
        do throws(LogError) {
            let pending = try await append(item, connection)
            if !item.isSessionEnd {
                let end = pending.firstOffset + UInt64(item.rows.count)
                state.withLock { $0.lanes[number].nextOffset = end }
            }
            pending.whenSettled { self.land(item, number, $0) }
        } catch {
            land(item, number, .failure(error), isRefused: true)
        }
    }

    private func append(
        _ item: ProducerItem, _ connection: ProducerConnection
    ) async throws(LogError) -> PendingAppend {
        switch item.body {
        case .control(let record):
            if item.isRepeated, let offset = try await place(of: record, item.batch.partition) {
                return PendingAppend(
                    repeating: nil, offset: offset, count: 1, durability: topic.configuration.durability)
            }
            guard let offset = offset(for: item, connection) else {
                return try await connection.writer.submit(control: record)
            }
            return try await connection.writer.submit(control: record, at: offset)
        case .sessionEnd:
            let sequence = state.withLock { $0.lanes[item.batch.partition.partition].nextSequence }
            return PendingAppend(repeating: nil, offset: sequence, count: 1, durability: topic.configuration.durability)
        case .records(let columns):
            let batch = RecordBatchBuilder(columns)
            if let session = connection.session, let sequence = item.sequence {
                return try await connection.writer.submit(batch, from: session.stamp(sequence))
            }
            guard let offset = offset(for: item, connection) else { return try await connection.writer.submit(batch) }
            return try await connection.writer.submit(batch, at: offset)
        }
    }

    /// The one offset that an item may get, where that is what keeps it from standing behind a gap.
    private func offset(for item: ProducerItem, _ connection: ProducerConnection) -> UInt64? {
        guard options.afterFailure == .stopPartition, connection.session == nil else { return nil }
        return state.withLock { $0.lanes[item.batch.partition.partition].nextOffset }
    }

    /// Where a partition has a control record already, behind what was acknowledged before it.
    private func place(of record: ControlRecord, _ partition: TopicPartition) async throws(LogError) -> UInt64? {
        let start = state.withLock { $0.lanes[partition.partition].acknowledgedEnd }
        let reader = try await log.reader(
            for: partition, from: start.map { .offset($0) } ?? .earliest, parts: .attributes)
        do throws(LogError) {
            var place: UInt64?
            while place == nil, let found = try await reader.nextControl() {
                if found.record == record { place = found.offset }
            }
            await reader.close()
            return place
        } catch {
            await reader.close()
            throw error
        }
    }

    /// Takes the answer to an item.
    /// - Parameter isRefused: whether the writer did not take it.
    private func land(
        _ item: ProducerItem, _ number: Int, _ result: Result<Acknowledgement, LogError>, isRefused: Bool = false
    ) {
        let work = state.withLock { state in
            var work = ProducerState.Work()
            let lane = state.lanes[number]
            guard lane.land(item) else { return work }
            let isFinal: Bool
            switch result {
            case .success(let acknowledgement):
                isFinal = true
                lane.retry.succeed()
                if acknowledgement.knowsOffset, !item.isSessionEnd {
                    lane.acknowledgedEnd = acknowledgement.offsets.upperBound
                }
            case .failure(let error):
                let isStopped = state.stopped != nil || lane.stopped != nil
                isFinal = fail(item, lane, error, isRefused: isRefused, isStopped: isStopped)
                if isFinal { state.note(error, lane, options) }
            }
            if isFinal {
                // Before anybody can see that the lane has it no more.
                item.batch.settle(item.rows, result.mapError { lane.stopped ?? $0 })
                state.release(item.bytes, limit: options.pendingBytes, &work)
            }
            if options.isAdaptive, lane.inFlight.isEmpty, lane.queue.isEmpty, lane.open != nil { lane.isDue = true }
            state.start(number, &work)
            return work
        }
        run(work)
    }

    /// Decides about an item whose append failed: whether it is over for it.
    private func fail(
        _ item: ProducerItem, _ lane: ProducerLane, _ error: LogError, isRefused: Bool, isStopped: Bool
    ) -> Bool {
        if isStopped { return true }
        if error.refusesBatch {
            // Nothing behind it has a number yet; its own are free again.
            if isRefused, let sequence = item.sequence, lane.nextSequence == sequence + UInt64(item.rows.count) {
                lane.nextSequence = sequence
            } else if item.sequence != nil {
                lane.failure = lane.failure ?? error
            }
            return true
        }
        lane.failure = lane.failure ?? error
        guard options.name != nil || isRefused && error.provesNothingWritten else { return true }
        var returned = item
        returned.isRepeated = true
        lane.returned.append(returned)
        return false
    }
}
