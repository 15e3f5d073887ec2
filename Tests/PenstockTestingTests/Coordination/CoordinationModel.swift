import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

/// Three processes on one simulated disk, whose calls interleave, which die, are stopped, go on late, and whose clocks differ: whatever
/// happens, no two of them believe to hold the same key.
final class CoordinationModel {
    static let timing = LeaseTiming(lease: .seconds(10), margin: .seconds(5))

    let seed: UInt64
    private let settings: CoordinationProcess.Settings
    private var random: SeededRandom
    private let time = Guarded<Int64>(0)
    private let disk: SimulatedStorage
    private var processes: [CoordinationProcess] = []
    /// Turns for which a process is stopped.
    private var stopped: [Int]
    private var started = 0
    private var highest: [CoordinationKey: UInt32] = [:]
    private var known: [CoordinationKey: Set<ObjectIdentifier>] = [:]
    private var seen: [Lease] = []
    private var counted = 0
    private var uncertain = 0
    /// What has happened, to see that the test is not idle.
    private(set) var grants = 0
    private(set) var lapses = 0

    init(seed: UInt64, processes count: Int = 3) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        // Few keys and few kept entries make what is rare otherwise happen: that a number is used a second time.
        settings = CoordinationProcess.Settings(
            timing: Self.timing, keys: Array(CoordinationProcess.keys.prefix(1 + random.below(2))),
            keptEntries: random.coin() ? 8 : 0, isHasty: random.coin())
        disk = SimulatedStorage(seed: random.next())
        stopped = Array(repeating: 0, count: count)
        try! disk.createDirectory("/job")
        try! disk.syncDirectory("/")
        if random.coin() {
            let rate = 0.01
            disk.faults.nameErrors = rate
            disk.faults.writeErrors = rate
            disk.faults.syncErrors = rate
            disk.faults.readErrors = rate
            disk.faults.readFlips = rate / 10
        }
        for _ in 0..<count { processes.append(newProcess()) }
    }

    private func newProcess() -> CoordinationProcess {
        started += 1
        // Rates that differ by less than the margin allows: 1150/850 < 15/10, and most by nearly that.
        let clock = MachineClock(
            time: time, zero: Int64(random.below(1_000_000)) * 1_000_000,
            perMille: [850, 850, 1000, 1150, 1150][random.below(5)])
        return CoordinationProcess(
            "process \(started)", disk: disk.incarnation(), clock: clock, settings, seed: random.next())
    }

    func run(turns: Int) throws {
        defer { for process in processes { process.finish() } }
        for _ in 0..<turns {
            turn()
            try check()
        }
        try settle()
    }

    private func turn() {
        switch random.below(1000) {
        case 0..<100: pass(milliseconds: random.below(800))
        case 100..<103: pass(milliseconds: random.below(30_000))
        case 104..<112: stopped[random.below(stopped.count)] = random.below(400)
        case 112..<116: processes[random.below(processes.count)].disk.crash(.process)
        case 116..<120:
            processes[random.below(processes.count)].disk.crash(.process, atCall: 1 + random.below(30))
        case 120 where random.below(4) == 0: disk.crash(.power)
        default: break
        }
        let chosen = random.below(processes.count)
        if stopped[chosen] > 0 {
            stopped[chosen] -= 1
            return
        }
        if processes[chosen].disk.isDead {
            take(processes[chosen])
            processes[chosen] = newProcess()
        }
        processes[chosen].turn.give()
    }

    private func pass(milliseconds: Int) {
        let nanoseconds = Int64(milliseconds) * 1_000_000
        // Who is stopped for a while shall find its session alive, and many hand-overs behind it.
        time.withLock { $0 += settings.isHasty ? nanoseconds / 16 : nanoseconds }
    }

    private func take(_ process: CoordinationProcess) {
        process.finish()
        counted += process.counted
        uncertain += process.uncertain
    }

    /// What must hold at every moment.
    private func check() throws {
        var holders: [CoordinationKey: String] = [:]
        for process in processes {
            try #require(process.complaint == nil, "seed \(seed): \(process.complaint ?? "")")
            for lease in process.held {
                let other = holders.updateValue(process.name, forKey: lease.key)
                try #require(other == nil, "seed \(seed): \(process.name) and \(other ?? "") hold \(lease.key)")
                guard known[lease.key, default: []].insert(ObjectIdentifier(lease)).inserted else { continue }
                // They stay, so that no other lease gets the same identity.
                seen.append(lease)
                grants += 1
                let before = highest[lease.key] ?? 0
                try #require(lease.epoch > before, "seed \(seed): epoch \(lease.epoch) behind \(before)")
                highest[lease.key] = lease.epoch
            }
        }
    }

    /// When nothing fails any more, everybody left alone gets every key, and nothing that was counted is lost.
    private func settle() throws {
        lapses = seen.count { $0.ending.value == .lapsed }
        for process in processes { take(process) }
        processes = []
        disk.faults = FaultPlan()
        let clock = MachineClock(time: time, zero: 0, perMille: 1000)
        var files = try FileRendezvous(
            directory: "/job", timing: Self.timing, storage: disk.incarnation(), clock: clock,
            randomNumbers: SeededRandomSource(seed: seed))
        for key in CoordinationProcess.keys {
            var answer = try files.claim(key, for: "the last", above: 0)
            if case .taken(_, let until) = answer {
                time.withLock { $0 = max($0, until.nanoseconds) + 1000 }
                answer = try files.claim(key, for: "the last", above: 0)
            }
            guard case .held(let lease) = answer else {
                Issue.record("seed \(seed): \(key) is \(answer) when all have died")
                continue
            }
            try #require(lease.epoch > highest[key] ?? 0, "seed \(seed): the last epoch of \(key)")
            #expect(try files.members().count <= started)
        }
        // A change that is overtaken at once may be answered as a conflict where no older entries are kept.
        guard settings.keptEntries > 0 else { return }
        let value = try files.value(of: CoordinationProcess.counter)
        let count = value.map { Int($0.bytes[0]) | Int($0.bytes[1]) << 8 } ?? 0
        #expect(
            (counted...counted + uncertain).contains(count),
            "seed \(seed): counted \(counted), maybe \(uncertain) more, found \(count)")
    }
}
