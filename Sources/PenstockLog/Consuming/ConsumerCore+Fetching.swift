internal import PenstockEvents

/// The fetching of one partition: one task at a time, which ends where enough is there and sleeps where nothing is.
extension ConsumerCore {
    func fetch(_ fetch: ConsumerState.Fetch) async {
        var reader = state.withLock { state in
            defer { state.lane(fetch)?.reader = nil }
            return state.lane(fetch)?.reader
        }
        while goesOn(fetch, &reader) {
            do throws(LogError) {
                let current: any TopicReader
                if let reader { current = reader } else { current = try await open(fetch) }
                reader = current
                if let entry = try await current.next() {
                    admit(entry, fetch)
                } else if reachEnd(fetch) {
                    try await current.waitForMore()
                    goOn(fetch)
                }
            } catch {
                reader = await recover(reader, error, fetch)
            }
        }
        await reader?.close()
    }

    /// Whether there is more to fetch; where there is not the task is over, and leaves the reader behind.
    private func goesOn(_ fetch: ConsumerState.Fetch, _ reader: inout (any TopicReader)?) -> Bool {
        let current = reader
        let (goesOn, isKept) = update { state, work in
            guard let lane = state.lane(fetch) else {
                state.fetching[fetch.generation] = nil
                return (false, false)
            }
            if state.goesOn(lane, limit: options.prefetchBytes, &work) { return (true, false) }
            state.fetching[fetch.generation] = nil
            lane.reader = current
            return (false, true)
        }
        if isKept { reader = nil }
        return goesOn
    }

    private func open(_ fetch: ConsumerState.Fetch) async throws(LogError) -> any TopicReader {
        let start = state.withLock { $0.lane(fetch)?.start } ?? .first
        let (reader, offset) = try await reader(for: fetch.partition, at: start)
        state.withLock { state in
            guard let lane = state.lane(fetch) else { return }
            // Another attempt goes on from here, also where the place was the end.
            lane.start = .offset(offset)
            // So does another member of the group, to which the partition may go before anything of it is processed.
            if case .automatic = options.commits, options.start != .first, lane.position == nil, lane.committed == nil {
                lane.processed = lane.processed ?? offset
            }
        }
        return reader
    }

    /// A reader at a place, and the offset there.
    func reader(
        for partition: TopicPartition, at start: ConsumerStart
    ) async throws(LogError) -> (any TopicReader, UInt64) {
        let position: ReadPosition
        switch start {
        case .first: position = .earliest
        case .end: position = .end
        case .offset(let offset): position = .offset(offset)
        case .time(let time): position = .time(time)
        case .last(let count): position = .offset(try await offset(last: count, of: partition))
        case .committed:
            position = try await membership.committed([partition])[partition].map { .offset($0) } ?? .earliest
        }
        let reader = try await log.reader(for: partition, from: position, parts: options.parts)
        return (reader, await reader.position)
    }

    private func offset(last count: UInt64, of partition: TopicPartition) async throws(LogError) -> UInt64 {
        func offset(of position: ReadPosition) async throws(LogError) -> UInt64 {
            let reader = try await log.reader(for: partition, from: position, parts: .attributes)
            defer { Task.detached { await reader.close() } }
            return await reader.position
        }
        let (first, end) = (try await offset(of: .earliest), try await offset(of: .end))
        return max(first, end - min(count, end))
    }

    private func admit(_ entry: LogEntry, _ fetch: ConsumerState.Fetch) {
        let fetched: Fetched
        switch entry {
        case .records(let records):
            fetched = Fetched(
                content: .records(records), offsets: records.baseOffset..<records.nextOffset,
                next: records.nextOffset, bytes: records.heldBytes)
        case .control(let record, let offset):
            fetched = Fetched(
                content: .control(record), offsets: offset..<offset + 1,
                next: record == .endOfStream ? offset : offset + 1, bytes: 0)
        }
        update { state, work in
            guard let lane = state.lane(fetch) else { return }
            lane.retry.succeed()
            lane.start = .offset(fetched.offsets.upperBound)
            lane.add(fetched)
            if case .control(.endOfStream) = fetched.content { lane.phase = .ended }
            state.fetchMore(limit: options.prefetchBytes, &work)
            state.change(&work)
        }
    }

    /// Nothing is there now; whether it is to be waited for.
    private func reachEnd(_ fetch: ConsumerState.Fetch) -> Bool {
        update { state, work in
            guard let lane = state.lane(fetch) else { return false }
            lane.retry.succeed()
            lane.reservedBytes = 0
            lane.phase = options.end == .caughtUp ? .ended : .waiting
            state.fetchMore(limit: options.prefetchBytes, &work)
            state.change(&work)
            return options.end != .caughtUp
        }
    }

    private func goOn(_ fetch: ConsumerState.Fetch) {
        state.withLock { state in
            guard let lane = state.lane(fetch), case .waiting = lane.phase else { return }
            lane.phase = .fetching
        }
    }

    /// Decides what to do after a failure.
    /// - Returns: the reader where it is good for more.
    private func recover(
        _ reader: (any TopicReader)?, _ error: LogError, _ fetch: ConsumerState.Fetch
    ) async -> (any TopicReader)? {
        guard state.withLock({ $0.lane(fetch) != nil }) else { return reader }
        if options.losses == .skip, let kept = await skip(reader, error, fetch) { return kept }
        await reader?.close()
        let now = options.clock.nanoseconds
        let due = update { state, work -> Int64? in
            guard let lane = state.lane(fetch) else { return nil }
            let due = error.mayPass ? lane.retry.fail(at: now, options.retry) : nil
            lane.reservedBytes = 0
            lane.phase = due == nil ? .failed(error) : .waiting
            state.fetchMore(limit: options.prefetchBytes, &work)
            state.change(&work)
            return due
        }
        if let due {
            await options.clock.sleep(until: due)
            goOn(fetch)
        }
        return nil
    }

    /// Goes behind what is lost, and puts the error in its place; nil where it is not about lost records.
    private func skip(
        _ reader: (any TopicReader)?, _ error: LogError, _ fetch: ConsumerState.Fetch
    ) async -> (any TopicReader)? {
        let lost: (reader: any TopicReader, offsets: Range<UInt64>)?
        do throws(LogError) {
            switch error.code {
            case .damaged:
                guard let reader, let offsets = try await reader.skipDamage(), !offsets.isEmpty else { return nil }
                lost = (reader, offsets)
            case .offsetOutOfRange:
                let (first, offset) = try await self.reader(for: fetch.partition, at: .first)
                guard case .offset(let wanted)? = state.withLock({ $0.lane(fetch)?.start }), wanted < offset else {
                    await first.close()
                    return nil
                }
                await reader?.close()
                lost = (first, wanted..<offset)
            default: return nil
            }
        } catch {
            return nil
        }
        guard let lost else { return nil }
        update { state, work in
            guard let lane = state.lane(fetch) else { return }
            lane.start = .offset(lost.offsets.upperBound)
            lane.add(
                Fetched(content: .lost(error), offsets: lost.offsets, next: lost.offsets.upperBound, bytes: 0))
            state.change(&work)
        }
        return lost.reader
    }
}
