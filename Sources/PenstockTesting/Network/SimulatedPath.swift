internal import PenstockEvents

/// One way between two hosts, on which everything arrives in the order of sending.
final class SimulatedPath: Sendable {
    private struct State {
        /// When the last of what is on its way arrives.
        var lastArrival: Int64 = 0
        /// What has come to the other host and is not let in yet.
        var held: [@Sendable () -> Void] = []
        var isCut = false
        /// What is sent before the other side may hear of it; nil where it may.
        var corked: [@Sendable () -> Void]?
    }

    let number: UInt64
    let from: SimulatedHost
    let to: SimulatedHost
    private let network: SimulatedNetwork
    private let state = Guarded(State())

    init(from: SimulatedHost, to: SimulatedHost, on network: SimulatedNetwork) {
        number = network.newPathNumber()
        self.from = from
        self.to = to
        self.network = network
    }

    /// Lets nothing through any more that is sent from now on.
    func cut() { state.withLock { $0.isCut = true } }

    /// Holds what is sent until `uncork`.
    func cork() { state.withLock { $0.corked = $0.corked ?? [] } }

    /// Sends what was held, behind `first`.
    func uncork(_ first: @escaping @Sendable () -> Void) {
        let corked = state.withLock { state in
            defer { state.corked = nil }
            return state.corked ?? []
        }
        for work in [first] + corked { carry(0, lost: {}, work) }
    }

    /// Does something at the other host, on the thread of its handlers, when it has got there; calls `lost` at once where it never does.
    func carry(_ byteCount: Int, lost: () -> Void, _ work: @escaping @Sendable () -> Void) {
        let isWaiting = state.withLock { state in
            if state.isCut { return true }
            guard state.corked != nil else { return false }
            state.corked?.append(work)
            return true
        }
        if isWaiting { return }
        guard let delay = network.drawDelay() else {
            network.note([1, number])
            cut()
            return lost()
        }
        let now = network.scheduler.nanoseconds
        let arrival = state.withLock { state in
            state.lastArrival = max(state.lastArrival, now + delay)
            return state.lastArrival
        }
        network.scheduler.call(at: arrival) { self.arrive(byteCount, work) }
    }

    private func arrive(_ byteCount: Int, _ work: @escaping @Sendable () -> Void) {
        network.note([0, number, UInt64(byteCount)])
        state.withLock { $0.held.append(work) }
        flush()
    }

    /// Lets in what has come, unless something is in the way.
    func flush() {
        if network.holds(self) { return }
        let work = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        if to.isDead { return }
        for piece in work { network.scheduler.schedule(on: SimulatedHost.thread, of: to.name, piece) }
    }
}
