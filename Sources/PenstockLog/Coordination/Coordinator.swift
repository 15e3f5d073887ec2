/// What several processes agree on: who is there, who owns what, and some small values.
///
/// Every process has a coordinator of its own, over what they share: a directory (`FileCoordinator`), or etcd. One object is one process
/// for the others: with the first join or claim it begins a session, gives a sign of life four times in a lease, and when that stops, all
/// that hangs on the session is lost together. The semantics are the same for all back-ends:
///
/// - **When a holder may act.** While `Lease.isHeld` says yes. A lease counts from *before* its renewal was sent, by the holder's
///   monotonic clock, and a renewal counts only where its answer comes before the lease is over. A lease that has lapsed stays lost.
/// - **How long a taker waits.** Until the holder gives the key back, or until no sign of life was seen for the lease and a margin, by the
///   taker's clock (files) or etcd's. The holder stops believing before that: two never hold a key at the same time, as long as clocks run
///   equally fast up to margin/lease, and a change that one process has written is seen by the others within the margin.
/// - **Epochs** of a key rise strictly over all holders, for ever, also those that died while they claimed. They begin behind the
///   caller's `floor`: whoever has epochs in files of its own passes the highest, and a coordinator whose state was lost does no harm.
/// - **Clock jumps.** The time of day plays no part. The monotonic clock counts on while the machine sleeps.
/// - **Stopped processes** (SIGSTOP, a debugger, a sleeping machine): the clock goes on, so `isHeld` says no as soon as they run again,
///   and the lease ends as `lapsed`. What was asked before the stop and is done behind it can only be refused by whoever it is done to: by
///   the epoch. The same holds for a virtual machine whose clock stands still while it is paused.
/// - **A coordinator that cannot be reached.** Leases go on until they lapse; nothing new can be claimed meanwhile, by anybody. A call
///   throws `unreachable`, `timedOut` or a failure of the storage; then what it asked for may have happened or not, except that a claim
///   that threw is given back, or overtaken by the next claim of the same process.
public protocol Coordinator: Sendable {
    /// The lease and its margin.
    var timing: LeaseTiming { get }
    /// The clock by which leases count.
    var clock: any MonotonicClock { get }

    /// Makes this process one of the members. A process is one member; it may join again when its membership has ended.
    /// - Parameters:
    ///   - name: what it is called, 1 to 200 bytes.
    ///   - address: where it can be reached, 1 to 200 bytes.
    /// - Throws: `CoordinatorError` with code `invalidValue`, `refused` where it is a member already, or one of the back-end.
    func join(name: String, address: String) async throws(CoordinatorError) -> Membership

    /// The members, sorted. One that has died is listed until its lease and the margin are over.
    func members() async throws(CoordinatorError) -> [Member]

    /// The members now, and again when somebody has come or gone, until the coordinator is closed. Who reads slowly misses what was
    /// between: an element is always all members. While the coordinator cannot be reached there is none.
    func memberUpdates() -> AsyncStream<[Member]>

    /// Tries to get a key, once. Does not wait: where somebody has it, the answer says until when.
    ///
    /// With files, a holder is found dead by the caller's own observation, which begins with its first claim (or snapshot, or update) and
    /// goes on with the next ones: so claim again at `until`.
    /// - Parameters:
    ///   - holder: who this is, for the others, 1 to 200 bytes.
    ///   - floor: the epoch will be higher than this one.
    /// - Throws: `CoordinatorError`, see above.
    func claim(
        _ key: CoordinationKey, for holder: String, above floor: UInt32
    ) async throws(CoordinatorError) -> ClaimAnswer

    /// The value of a key; nil where there is none.
    func value(of key: CoordinationKey) async throws(CoordinatorError) -> StoredValue?

    /// Changes the value of a key, or deletes it where `bytes` is nil, if the key holds what is expected. Values and claims do not see
    /// each other, also under the same key.
    /// - Parameter bytes: at most `CoordinationLimits.valueBytes`.
    func change(
        _ key: CoordinationKey, to bytes: [UInt8]?, expecting expectation: Expectation
    ) async throws(CoordinatorError) -> ChangeAnswer

    /// The values and claims of all keys that begin with `prefix`.
    func snapshot(under prefix: String) async throws(CoordinatorError) -> CoordinationSnapshot

    /// What `snapshot` gives, now and again when it has changed, until the coordinator is closed. Who reads slowly misses what was
    /// between. While the coordinator cannot be reached there is none.
    func updates(under prefix: String) -> AsyncStream<CoordinationSnapshot>

    /// Gives back all claims, leaves the members, and ends all streams.
    func close() async
}

/// What bounds the use of a coordinator.
public enum CoordinationLimits {
    /// The most bytes of a value.
    public static let valueBytes = 64 << 10
    /// The most bytes of a name, a holder or an address.
    public static let nameBytes = 200
    /// How often a change or a claim is tried in one call while others change the same key.
    package static let attempts = 16

    package static func check(name: String, _ what: String) throws(CoordinatorError) {
        guard (1...nameBytes).contains(name.utf8.count), !name.unicodeScalars.contains(where: { $0.value < 0x20 })
        else {
            throw CoordinatorError(
                .invalidValue, "\(TopicName.quoted(name)) cannot be \(what)",
                hint: "use 1 to \(nameBytes) bytes without line breaks")
        }
    }

    package static func check(value: [UInt8]?, of key: CoordinationKey) throws(CoordinatorError) {
        guard let value, value.count > valueBytes else { return }
        throw CoordinatorError(
            .invalidValue, "\(value.count) bytes are too many for the value of \(key)",
            hint: "a value has at most \(valueBytes) bytes; put larger things into a topic")
    }
}

extension Coordinator {
    /// Tries to get a key, with any epoch above its former ones.
    public func claim(_ key: CoordinationKey, for holder: String) async throws(CoordinatorError) -> ClaimAnswer {
        try await claim(key, for: holder, above: 0)
    }

    /// Claims a key again and again until it is held, also where the coordinator is slow or others are faster.
    /// - Throws: `CoordinatorError` that is not `timedOut` or `contended`; or `CancellationError` when the task is cancelled.
    public func waitForClaim(_ key: CoordinationKey, for holder: String, above floor: UInt32 = 0) async throws -> Lease
    {
        while true {
            var next = clock.now() + timing.pollInterval
            do throws(CoordinatorError) {
                switch try await claim(key, for: holder, above: floor) {
                case .held(let lease): return lease
                case .taken(_, let until): next = min(next, until)
                }
            } catch {
                guard error.code == .timedOut || error.code == .contended else { throw error }
            }
            try await clock.sleep(until: next)
        }
    }
}
