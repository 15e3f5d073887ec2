internal import PenstockEvents

/// Who may fetch: all partitions share one bound in bytes, each has an equal part of it, and the one whose turn it is
/// may always have a batch.
extension ConsumerState {
    /// Bytes that are there or are being fetched.
    private var usedBytes: Int { lanes.reduce(0) { $0 + $1.bufferedBytes + $1.reservedBytes } }

    private func hasShare(_ lane: ConsumerLane, of limit: Int) -> Bool {
        lane.bufferedBytes < max(1, limit / lanes.count)
    }

    /// Starts fetching where there is room, those first whose turn comes first.
    mutating func fetchMore(limit: Int, _ work: inout Work) {
        guard !isClosed else { return }
        var used = usedBytes
        for step in lanes.indices {
            if used >= limit { return }
            let lane = lanes[(turn + step) % lanes.count]
            guard hasShare(lane, of: limit), used == 0 || used + lane.expectedBytes <= limit else { continue }
            start(lane, &work)
            used += lane.reservedBytes
        }
    }

    /// Starts fetching for a lane, whatever room there is.
    mutating func start(_ lane: ConsumerLane, _ work: inout Work) {
        guard !isClosed, !lane.isRevoked, case .parked = lane.phase, fetching[lane.generation] == nil else { return }
        lane.phase = .fetching
        lane.reservedBytes = lane.expectedBytes
        fetching[lane.generation] = .some(nil)
        work.fetches.append(Fetch(partition: lane.partition, generation: lane.generation))
    }

    /// Whether a lane whose task runs goes on: it has its room already, or takes it here, or is parked.
    mutating func goesOn(_ lane: ConsumerLane, limit: Int, _ work: inout Work) -> Bool {
        guard case .fetching = lane.phase else { return false }
        if lane.reservedBytes > 0 { return true }
        let used = usedBytes
        if hasShare(lane, of: limit), used == 0 || used + lane.expectedBytes <= limit {
            lane.reservedBytes = lane.expectedBytes
            return true
        }
        lane.phase = .parked
        // Whoever waits for it has to start it when its turn comes.
        if lane.buffer.isEmpty { change(&work) }
        return false
    }
}
