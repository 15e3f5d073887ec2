import PenstockEvents
import PenstockLog
import PenstockTesting

/// A process of the model test: claims, renews, gives back and counts, as its random numbers say, until it dies.
///
/// Unchecked is sound because only one thread runs at a time: its own between two pauses, the test's otherwise.
final class CoordinationProcess: @unchecked Sendable {
    static let keys = ["partitions/readings/0", "partitions/readings/1"].map { try! CoordinationKey($0) }
    static let counter = try! CoordinationKey("counter")

    let name: String
    let disk: SimulatedStorage
    let clock: MachineClock
    let turn = Turn()
    private let settings: Settings
    /// A key that somebody else has, and when it may be had: most processes come back for it then.
    private var wanted: (key: CoordinationKey, from: MonotonicInstant)?
    private var random: SeededRandom
    private var files: FileRendezvous?

    /// Changes of the counter that were made, and those of which the process cannot know.
    private(set) var counted = 0
    private(set) var uncertain = 0
    /// Where it has ended by an error that no fault explains.
    private(set) var complaint: String?

    /// What the processes of a run have in common.
    struct Settings {
        let timing: LeaseTiming
        let keys: [CoordinationKey]
        let keptEntries: UInt64
        /// Whether they claim and give back all the time, rather than renew.
        let isHasty: Bool
    }

    init(_ name: String, disk: SimulatedStorage, clock: MachineClock, _ settings: Settings, seed: UInt64) {
        self.name = name
        self.disk = disk
        self.clock = clock
        self.settings = settings
        random = SeededRandom(seed: seed)
        turn.start { [unowned self] in run() }
    }

    /// What the process believes to hold now.
    var held: [Lease] {
        guard !disk.isDead, let session = files?.session else { return [] }
        let now = clock.now()
        return session.leases.filter { $0.isHeld(at: now) }
    }

    /// Lets the thread come to its end.
    func finish() {
        disk.crash(.process)
        while !turn.isFinished { turn.give() }
    }

    private func run() {
        while !disk.isDead {
            do {
                if files == nil {
                    files = try FileRendezvous(
                        directory: "/job", timing: settings.timing, storage: SteppedStorage(disk: disk, turn: turn),
                        clock: clock, randomNumbers: SeededRandomSource(seed: random.next()),
                        keptEntries: settings.keptEntries)
                }
                try act()
            } catch {
                // Faults of the storage and slow answers are what the test is about.
                if let error = error as? CoordinatorError {
                    if ![.storage, .noSpace, .timedOut, .contended].contains(error.code) { complaint = "\(error)" }
                } else {
                    complaint = "\(error)"
                }
            }
            turn.pause()
        }
    }

    private func act() throws {
        if let wanted, clock.now() >= wanted.from {
            self.wanted = nil
            return try claim(wanted.key)
        }
        let shares = settings.isHasty ? (claims: 5, renewals: 1, releases: 3) : (claims: 3, renewals: 4, releases: 1)
        let renewals = shares.claims..<(shares.claims + shares.renewals)
        switch random.below(10) {
        case 0..<shares.claims: try claim(settings.keys[random.below(settings.keys.count)])
        case renewals: _ = files!.renew()
        case renewals.upperBound..<(renewals.upperBound + shares.releases):
            guard let lease = files!.session?.leases.sorted(by: { $0.key < $1.key }).randomElement(using: &random)
            else { return }
            // As `Lease.release` does it: nobody believes in it before the others are told.
            lease.ending.set(.released)
            try files!.giveBack(lease)
        default:
            switch random.below(4) {
            case 0: _ = try files!.members()
            case 1: _ = try files!.snapshot(under: "")
            default: try count()
            }
        }
    }

    private func claim(_ key: CoordinationKey) throws {
        let answer = try files!.claim(key, for: name, above: UInt32(random.below(3)))
        if case .taken(_, let until) = answer, random.below(4) > 0 { wanted = (key, until) }
    }

    private func count() throws {
        let value = try files!.value(of: Self.counter)
        let next = (value.map { Int($0.bytes[0]) | Int($0.bytes[1]) << 8 } ?? 0) + 1
        do {
            let answer = try files!.change(
                Self.counter, to: [UInt8(next & 255), UInt8(next >> 8)],
                expecting: value.map { .revision($0.revision) } ?? .nothing)
            if case .done = answer { counted += 1 }
        } catch {
            uncertain += 1
            throw error
        }
    }
}
