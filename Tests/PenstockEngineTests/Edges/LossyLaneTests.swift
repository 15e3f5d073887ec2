import PenstockEvents
import Testing

@testable import PenstockEngine

/// A lane and its model, which do the same.
private struct Comparison {
    var lane: LossyLane
    var model: LossyLaneModel
    var random: SeededGenerator
    var now: Int64 = 0
    private var number: Int64 = 0
    private var control = 0
    private var known = Int64.min
    private var knownMark = Int64.min
    private var toldMark = Int64.min
    private(set) var taken: [(number: Int64, key: Int64, at: Int64)] = []
    private let keyKernel: KeyKernel

    init(_ policy: LossyEdge, seed: UInt64, textKeys: Bool) {
        lane = LossyLane(policy)
        model = LossyLaneModel(policy)
        random = SeededGenerator(seed: seed)
        keyKernel =
            textKeys
            ? PenstockEngineTests.keyKernel { (s: Sample) in s.name }
            : PenstockEngineTests.keyKernel { (s: Sample) in s.key }
    }

    mutating func send() throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<7:
            let count = Int.random(in: 1...6, using: &random)
            let events = (0..<count).map { _ -> (time: Int64, sample: Sample) in
                number += 1
                return (number, Sample(key: Int64.random(in: 0..<4, using: &random), number: number))
            }
            let watermark = model.told + (random.once(in: 2) ? Int64.random(in: 0..<5, using: &random) : 0)
            var batch = Batch(events, sequence: UInt64(events[0].time), watermark: watermark == .min ? 0 : watermark)
            try keyKernel.apply(to: &batch, FailedEvents(testStage))
            if random.once(in: 3) {
                try filterKernel { (s: Sample) in s.number % 3 != 0 }.apply(to: &batch, FailedEvents(testStage))
            }
            lane.append(.batch(batch))
            if batch.count > 0 {
                model.add(batch.values(Sample.self).map { (number: $0.number, key: $0.key) })
            }
            model.tell(batch.watermark.nanoseconds)
        case 7, 8:
            let time = max(model.told, 0) + Int64.random(in: 0..<5, using: &random)
            lane.append(.watermark(Timestamp(nanoseconds: time)))
            model.tell(time)
        case 9:
            toldMark = max(toldMark, 0) + Int64.random(in: 0..<5, using: &random)
            lane.append(.control(.timeMark(Timestamp(nanoseconds: toldMark))))
        case 10:
            control += 1
            lane.append(.control(.scanEnd(ScanEnd(scan: ScanID(UInt64(control)), eventCount: 0))))
            model.add(control: control)
        default:
            control += 1
            lane.append(.barrier(UInt64(control)))
            model.add(barrier: control)
        }
    }

    mutating func end() {
        control += 1
        lane.append(.end)
        model.add(control: control)
    }

    /// Takes what comes first; false where there is nothing to take.
    mutating func take() throws -> Bool {
        let wasEmpty = lane.isEmpty
        guard let element = lane.popFirst(at: now) else {
            #expect(wasEmpty)
            return false
        }
        #expect(!wasEmpty)
        switch element {
        case .watermark(let time):
            #expect(time.nanoseconds > known)
            known = time.nanoseconds
        case .control(.timeMark(let time)):
            #expect(time.nanoseconds > knownMark)
            knownMark = time.nanoseconds
        case .control(.scanEnd(let end)): #expect(model.takeFirst() == .control(Int(end.scan.number)))
        case .barrier(let epoch):
            #expect(model.takeFirst() == .control(Int(epoch)))
            // Whatever goes on from here gets nothing of what was sent before.
            #expect(lane.lost == (model.sentBefore[Int(epoch)] ?? 0) - model.taken)
        case .end: #expect(model.takeFirst() == .control(control))
        case .batch(let batch):
            for sample in batch.values(Sample.self) {
                // Everything that was said before the event is known, and nothing of what was said behind it.
                #expect(model.takeFirst() == .event(sample.number, key: sample.key, before: known))
                taken.append((sample.number, sample.key, now))
            }
            if model.policy.isNewestFirst {
                #expect(batch.count == 1)
                let time = batch.effectiveTime(Int(batch.rows[0]), batch.behind.first)
                #expect(time > known, "an event before the watermark")
            }
            #expect(batch.watermark.nanoseconds >= known)
            known = max(known, batch.watermark.nanoseconds)
        case .control: Issue.record("another record came out")
        }
        return true
    }

    /// Whether all that was said of time has come.
    var isUpToDate: Bool { known == model.told && knownMark == toldMark }
}

@Suite("Lossy lanes")
struct LossyLaneTests {
    static let policies: [LossyEdge] = [
        .latest(), .dropOldest(capacity: 1), .dropOldest(capacity: 3), .dropOldest(capacity: 17),
        .latestPerKey(), .latestPerKey(keyLimit: 2), .newestFirst(capacity: 1), .newestFirst(capacity: 4),
    ]

    @Test("any interleaving keeps records in order, the newest events, and time between the events", arguments: 0..<8)
    func interleavings(policy: Int) throws {
        for seed in UInt64(0)..<400 {
            var pair = Comparison(Self.policies[policy], seed: seed, textKeys: seed % 2 == 1)
            let eagerness = Int.random(in: 1...6, using: &pair.random)
            for _ in 0..<60 {
                try pair.send()
                if pair.random.once(in: eagerness) {
                    for _ in 0..<Int.random(in: 1...8, using: &pair.random) { _ = try pair.take() }
                }
                #expect(pair.model.waiting <= pair.model.policy.capacity)
            }
            pair.end()
            while try pair.take() {}
            #expect(pair.model.entries.isEmpty && pair.isUpToDate && pair.lane.isEmpty, "seed \(seed)")
            #expect(pair.lane.lost == pair.model.dropped, "seed \(seed)")
            #expect(pair.model.sent == pair.model.taken + pair.lane.lost, "seed \(seed)")
        }
    }

    @Test("at most one event comes in an interval, of each key where that is asked for", arguments: [false, true])
    func intervals(perKey: Bool) throws {
        for seed in UInt64(0)..<300 {
            let policy: LossyEdge = perKey ? .latestPerKey(every: 10) : .latest(every: 10)
            var pair = Comparison(policy, seed: seed, textKeys: false)
            var timer: Int64?
            for _ in 0..<80 {
                try pair.send()
                pair.now += Int64.random(in: 0..<6, using: &pair.random)
                if let instant = timer, instant <= pair.now {
                    pair.lane.open(at: pair.now)
                    timer = pair.lane.takeOpening()
                }
                for _ in 0..<Int.random(in: 0...6, using: &pair.random) {
                    guard try pair.take() else { break }
                    timer = pair.lane.takeOpening() ?? timer
                }
            }
            for key in perKey ? Array(Int64(0)..<4) : [Int64](repeating: -1, count: 1) {
                let times = pair.taken.filter { !perKey || $0.key == key }.map(\.at)
                for (a, b) in zip(times, times.dropFirst()) { #expect(b - a >= 10, "seed \(seed)") }
            }
            #expect(pair.taken.count > 3, "seed \(seed)")
            let waiting = pair.model.waiting
            pair.end()
            while try pair.take() {}
            #expect(pair.model.sent == pair.model.taken + pair.lane.lost && pair.model.entries.isEmpty)
            #expect(waiting == 0 || pair.taken.last?.at == pair.now, "what waited did not come at the end")
        }
    }

    private func event(_ number: Int64, watermark: Int64 = .min) -> StreamElement {
        .batch(Batch([(number, Sample(number: number))], watermark: watermark))
    }

    @Test("a barrier passes by events that wait, which its checkpoint does not hold, but not by records")
    func barrier() throws {
        var lane = LossyLane(.dropOldest(capacity: 10))
        for number in Int64(1)...3 { lane.append(event(number)) }
        lane.append(.control(.endOfStream))
        for number in Int64(4)...5 { lane.append(event(number)) }
        lane.append(.barrier(1))
        lane.append(event(6))
        // The three events before the record cannot come behind it.
        #expect(lane.popFirst(at: 0)?.control == .endOfStream)
        guard case .barrier(1)? = lane.popFirst(at: 0) else {
            Issue.record("no barrier")
            return
        }
        #expect(lane.lost == 5, "a run that goes on from here has lost five")
        #expect((0..<3).compactMap { _ in lane.popFirst(at: 0)?.batch?.values(Sample.self)[0].number } == [4, 5, 6])
        #expect(lane.lost == 3)
    }

    @Test("a watermark is not delayed by dropped events, and does not come before those that are left")
    func watermarks() throws {
        var lane = LossyLane(.latest())
        lane.append(event(1, watermark: 5))
        lane.append(event(6, watermark: 8))
        lane.append(.watermark(Timestamp(nanoseconds: 9)))
        #expect(lane.popFirst(at: 0)?.watermark == 5)
        let batch = try #require(lane.popFirst(at: 0)?.batch)
        #expect(batch.values(Sample.self).map(\.number) == [6] && batch.watermark.nanoseconds == 9)
        #expect(lane.isEmpty && lane.lost == 1)
    }

    @Test("the newest event comes first, and an older one is then behind the time that came with it")
    func newestFirst() throws {
        var lane = LossyLane(.newestFirst(capacity: 3))
        for number in Int64(1)...4 { lane.append(event(number, watermark: number)) }
        lane.append(.control(.endOfStream))
        lane.append(event(5, watermark: 5))
        // What was said before event 4; event 1 has been dropped.
        #expect(lane.popFirst(at: 0)?.watermark == 3)
        var taken: [(effective: Int64, watermark: Int64)] = []
        for number in [Int64(4), 3] {
            let batch = try #require(lane.popFirst(at: 0)?.batch)
            #expect(batch.values(Sample.self).map(\.number) == [number])
            taken.append((batch.effectiveTime(0, batch.behind.first), batch.watermark.nanoseconds))
        }
        #expect(taken.map(\.effective) == [4, 4], "event 3 comes at the first instant behind the watermark 3")
        #expect(taken.map(\.watermark) == [3, 4], "behind the last of them comes what was said before the record")
        #expect(lane.popFirst(at: 0)?.control == .endOfStream)
        #expect(lane.popFirst(at: 0)?.batch?.values(Sample.self).map(\.number) == [5])
        #expect(lane.lost == 2)
    }

    @Test("the sender waits for room where very many records wait, never for events")
    func controlLimit() {
        var lane = LossyLane(.latest())
        for _ in 0..<LossyLane.controlLimit {
            #expect(lane.hasRoom(for: .barrier(1)))
            lane.append(.barrier(1))
        }
        #expect(!lane.hasRoom(for: .barrier(1)) && !lane.hasRoom(for: .end))
        #expect(lane.hasRoom(for: event(1)) && lane.hasRoom(for: .watermark(.distantPast)))
    }

    @Test("a few rows of a large batch do not keep its memory, and keep their marks")
    func memory() throws {
        let events = (0..<100).map { (time: Int64($0), sample: Sample(number: Int64($0))) }
        let mark = BehindMark(row: 98, watermark: Timestamp(nanoseconds: 200))
        var lane = LossyLane(.dropOldest(capacity: 3))
        lane.append(.batch(Batch(events, behind: [mark])))
        let batch = try #require(lane.popFirst(at: 0)?.batch)
        #expect(batch.rowCount == 3 && batch.values(Sample.self).map(\.number) == [97, 98, 99])
        #expect(batch.behind.map(\.row) == [1] && batch.behind.first?.watermark.nanoseconds == 200)
    }
}
