internal import PenstockEvents
public import PenstockFabric

/// A network in memory between hosts of a simulation, which is slow, loses connections and keeps hosts apart, as its seed says.
///
/// A host is what dies as a whole: a process. Between two hosts messages of a connection arrive in order or not at all, as over TCP or
/// a fabric. What goes wrong is what goes wrong there: a connection breaks, and its ends hear of it at different times or never; what it
/// had sent arrives when another connection has begun; hosts do not reach each other for a while; a host dies, and its peers are told or not.
///
/// The same seed, the same calls and the same order of its `SimulatedScheduler` give the same faults.
public final class SimulatedNetwork: Sendable {
    private struct State {
        var random: SeededRandom
        var faults = NetworkFaults()
        var listeners: [String: SimulatedListener] = [:]
        /// Which hosts do not reach each other.
        var partitions: Set<[String]> = []
        /// Until when a host takes nothing in.
        var stalls: [String: Int64] = [:]
        /// The living process of each host.
        var incarnations: [String: SimulatedHost] = [:]
        /// What waits for hosts to reach each other, or to go on, by the order in which it was begun.
        var held: [UInt64: SimulatedPath] = [:]
        var paths: UInt64 = 0
        var trace: UInt64 = 0
    }

    let scheduler: SimulatedScheduler
    private let state: Guarded<State>

    /// A network without hosts, whose faults `seed` decides and whose time `scheduler` keeps.
    public init(seed: UInt64, scheduler: SimulatedScheduler) {
        self.scheduler = scheduler
        state = Guarded(State(random: SeededRandom(seed: seed)))
    }

    /// How slow it is, and how often connections break.
    public var faults: NetworkFaults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// A number that stands for everything that has arrived so far, and when: two runs that agree in it did the same.
    public var trace: UInt64 { state.withLock { $0.trace } }

    /// The transport of a process on a host. It listens at names (`FabricAddress.name`), which are known in the whole network.
    public func transport(of host: String, limits: FabricLimits = FabricLimits()) -> any Transport {
        let process = state.withLock { state in
            if let living = state.incarnations[host] { return living }
            let new = SimulatedHost(host)
            state.incarnations[host] = new
            return new
        }
        return SimulatedTransport(self, process, limits)
    }

    // MARK: Faults

    /// Keeps two hosts apart until `heal`: what they send each other waits.
    public func separate(_ host: String, from other: String) {
        state.withLock { _ = $0.partitions.insert([host, other].sorted()) }
    }

    /// Lets all hosts reach each other again; what they had sent arrives.
    public func heal() {
        state.withLock { $0.partitions = [] }
        release()
    }

    /// Lets a host take nothing in for a time, as a slow or stopped process.
    public func stall(_ host: String, for pause: Duration) {
        let end = scheduler.nanoseconds + pause.nanoseconds
        state.withLock { $0.stalls[host] = max(end, $0.stalls[host] ?? 0) }
        scheduler.call(at: end) { self.release() }
    }

    /// Ends the process of a host: nothing comes from it or gets to it any more. A transport that is asked for later is that of a new process.
    /// - Parameter isSilent: Whether its peers are left to find out by themselves, as where a machine loses its power.
    public func kill(_ host: String, silently isSilent: Bool) {
        let (process, listeners) = state.withLock { state in
            let names = state.listeners.filter { $0.value.host.name == host }.keys
            for name in names { state.listeners[name] = nil }
            return (state.incarnations.removeValue(forKey: host), names.count)
        }
        note([2, UInt64(listeners)])
        process?.die(isSilent: isSilent, on: self)
    }

    // Lets everything go on that is not held any more, in the order in which it was begun.
    private func release() {
        let held = state.withLock { state in
            defer { state.held = [:] }
            return state.held.sorted { $0.key < $1.key }.map(\.value)
        }
        for path in held { path.flush() }
    }

    // MARK: What paths and connections ask

    func newPathNumber() -> UInt64 {
        state.withLock { state in
            state.paths += 1
            return state.paths
        }
    }

    /// Whether nothing gets from one host to another for now; then the path is flushed when that may have changed.
    func holds(_ path: SimulatedPath) -> Bool {
        let now = scheduler.nanoseconds
        return state.withLock { state in
            let isHeld =
                state.partitions.contains([path.from.name, path.to.name].sorted())
                || state.stalls[path.to.name] ?? 0 > now
            if isHeld { state.held[path.number] = path }
            return isHeld
        }
    }

    /// For how long something is on its way, in nanoseconds, or nil where it gets lost.
    func drawDelay() -> Int64? {
        state.withLock { state in
            if state.random.happens(state.faults.losses) { return nil }
            let isLong = state.random.happens(state.faults.longDelays)
            return state.random.nanoseconds(in: isLong ? state.faults.longDelay : state.faults.delay)
        }
    }

    /// After how many nanoseconds an end of a broken connection hears of it; nil for never.
    func drawNotice() -> Int64? {
        state.withLock { state in
            state.random.happens(state.faults.silentEnds) ? nil : state.random.nanoseconds(in: state.faults.notice)
        }
    }

    /// A number below `bound`.
    func draw(below bound: Int) -> Int { state.withLock { $0.random.below(bound) } }

    /// Takes something into the trace.
    func note(_ numbers: [UInt64]) {
        let now = UInt64(bitPattern: scheduler.nanoseconds)
        state.withLock { state in
            for number in [now] + numbers { state.trace = SplitMix64.mix(state.trace ^ SplitMix64.mix(number)) }
        }
    }

    // MARK: Listeners

    /// Makes a listener known; false where the name is taken.
    func add(_ listener: SimulatedListener, as name: String) -> Bool {
        state.withLock { state in
            guard state.listeners[name] == nil else { return false }
            state.listeners[name] = listener
            return true
        }
    }

    func remove(_ listener: SimulatedListener, as name: String) {
        state.withLock { state in
            if state.listeners[name] === listener { state.listeners[name] = nil }
        }
    }

    func listener(_ name: String) -> SimulatedListener? { state.withLock { $0.listeners[name] } }
}

extension SeededRandom {
    fileprivate mutating func nanoseconds(in range: ClosedRange<Duration>) -> Int64 {
        let (first, last) = (range.lowerBound.nanoseconds, range.upperBound.nanoseconds)
        return first + Int64(below(Int(last - first) + 1))
    }
}
