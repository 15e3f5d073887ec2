import PenstockEvents

@testable import PenstockEngine

/// What stream-semantics.md, sections 3, 4 and 6, says of sessions: of each key the union of the closed intervals [t, t + gap] of all
/// events that are not late.
struct SessionReference {
    private(set) var rows: [Row] = []
    private(set) var lateEvents = 0

    /// An event that is not late.
    private struct Member {
        let time: Int64
        let end: Int64
        let partition: Int
        let sequence: Int
        let sample: Sample
    }

    init(_ input: SessionInput) {
        var members: [Int64: [Member]] = [:]
        for (partition, steps) in input.partitions.enumerated() {
            for (sequence, event) in onTime(steps, input).enumerated() {
                let key = input.isKeyed ? event.sample.key : 0
                members[key, default: []].append(
                    Member(
                        time: event.time, end: event.time + input.gap(event.sample), partition: partition,
                        sequence: sequence, sample: event.sample))
            }
        }
        for (key, events) in members {
            for session in Self.sessions(events) { rows.append(Self.row(key, session, input)) }
        }
        rows.sort { ($0.end, Int64($0.key) ?? 0) < ($1.end, Int64($1.key) ?? 0) }
    }

    /// The events of a partition that are not late: t + L <= w(e), w(e) the partition's own watermark just before.
    private mutating func onTime(_ steps: [Step], _ input: SessionInput) -> [(time: Int64, sample: Sample)] {
        var events: [(Int64, Sample)] = []
        var latest: Int64?
        var mark: Int64?
        for step in steps {
            guard case .event(let time, let sample) = step else {
                if case .mark(let time) = step { mark = max(mark ?? time, time) }
                continue
            }
            var watermark = mark
            if let latest, let bound = input.bound { watermark = max(latest - bound - 1, mark ?? .min) }
            latest = max(latest ?? time, time)
            if let watermark, time + input.lateness <= watermark {
                lateEvents += 1
            } else {
                events.append((time, sample))
            }
        }
        return events
    }

    /// Events belong together where a chain of shared instants leads from one to the other.
    private static func sessions(_ events: [Member]) -> [[Member]] {
        var sessions: [[Member]] = []
        var end: Int64?
        for event in events.sorted(by: { $0.time < $1.time }) {
            if let last = end, event.time <= last {
                sessions[sessions.count - 1].append(event)
                end = max(last, event.end)
            } else {
                sessions.append([event])
                end = event.end
            }
        }
        return sessions
    }

    private static func row(_ key: Int64, _ members: [Member], _ input: SessionInput) -> Row {
        let ordered = members.sorted { ($0.partition, $0.sequence) < ($1.partition, $1.sequence) }
        let partitions = Set(ordered.map(\.partition)).sorted()
            .map { partition in ordered.filter { $0.partition == partition }.map(\.sample) }
        var row = Row(
            key: "\(key)", start: members.map(\.time).min() ?? 0, end: members.map(\.end).max() ?? 0)
        let samples = ordered.map(\.sample)
        let count = Int64(samples.count)
        let integer = samples.map(\.number).reduce(0, +)
        let parts = partitions.map { $0.dropFirst().reduce($0[0].float) { $0 + $1.float } }
        let float = parts.dropFirst().reduce(parts[0], +)
        switch (input.function, input.taken) {
        case (.count?, _): row.count = count
        case (.sum?, .integer): row.integer = integer
        case (.sum?, _): row.bits = float.bitPattern
        case (.mean?, .integer):
            (row.count, row.integer) = (count, integer)
            row.bits = (Double(integer) / Double(count)).bitPattern
        case (.mean?, _): (row.count, row.bits) = (count, (float / Double(count)).bitPattern)
        case (.minimum?, .integer): row.integer = samples.map(\.number).min() ?? 0
        case (.minimum?, _): row.bits = (samples.map(\.float).min() ?? 0).bitPattern
        case (.maximum?, .integer): row.integer = samples.map(\.number).max() ?? 0
        case (.maximum?, _): row.bits = (samples.map(\.float).max() ?? 0).bitPattern
        case (.variance?, _): preconditionFailure("no case has a variance")
        case (nil, _):
            row.bits = Tracing.bits(partitions.map { "(" + $0.map(\.mark).joined() + ")" }.joined(separator: "+"))
        }
        return row
    }
}

/// Random partitions of out of order events, and sessions over them.
struct SessionInput {
    let partitions: [[Step]]
    let bound: Int64?
    let lateness: Int64
    /// The gap of all events, or nil where each has its own.
    let fixedGap: Int64?
    let isKeyed: Bool
    /// What is computed; nil for the trace of the order in which events are added and states merged.
    let function: Aggregate.Function?
    let taken: Taken

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        fixedGap = random.once(in: 3) ? nil : .random(in: 1...12, using: &random)
        lateness = random.once(in: 2) ? 0 : .random(in: 1...15, using: &random)
        isKeyed = !random.once(in: 5)
        bound = random.once(in: 4) ? nil : .random(in: 0...(random.once(in: 2) ? 8 : 60), using: &random)
        let marks = bound == nil || random.once(in: 3)
        // Dense partitions for long sessions, sparse ones for many open sessions of a key.
        let step = Int64.random(in: 1...12, using: &random)
        let disorder = Int64.random(in: 0...(random.once(in: 2) ? 12 : 80), using: &random)
        let keys = Int64.random(in: 0...5, using: &random)
        partitions = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            var clock = Int64.random(in: -40...0, using: &random)
            return (0..<Int.random(in: 0...40, using: &random)).map { _ in
                clock += .random(in: 0...step, using: &random)
                if marks, random.once(in: 6) { return .mark(clock - .random(in: 0...6, using: &random)) }
                let sample = Sample(
                    key: .random(in: -keys...keys, using: &random), number: .random(in: -9...9, using: &random),
                    float: .random(in: -1...1, using: &random) * (random.once(in: 3) ? 1e9 : 1e-3))
                return .event(clock - .random(in: 0...disorder, using: &random), sample)
            }
        }
        (function, taken) =
            [
                (.count, .nothing), (.sum, .integer), (.sum, .float), (.mean, .integer), (.mean, .float),
                (.minimum, .integer), (.minimum, .float), (.maximum, .integer), (.maximum, .float), (nil, .nothing),
            ].randomElement(using: &random) ?? (nil, .nothing)
    }

    func gap(_ sample: Sample) -> Int64 { fixedGap ?? Self.ownGap(sample) }

    static func ownGap(_ sample: Sample) -> Int64 { 1 + abs(sample.number) * 3 }

    var windows: SessionWindows {
        if let fixedGap { return SessionWindows(gap: .fixed(fixedGap)) }
        return SessionWindows(
            gap: .each(
                NumberKernel(integers: { rows, input, gaps in
                    for k in 0..<rows.count {
                        gaps[rows[k]] = Self.ownGap(input.assumingMemoryBound(to: Sample.self)[rows[k]])
                    }
                    return KernelOutcome(processed: rows.count)
                })))
    }

    func aggregate(keyedByText: Bool = false) -> Aggregate {
        let emission = Emission(allowedLateness: lateness)
        let isKeyed = isKeyed
        let makeRows: @Sendable (ClosedRows, UnsafeMutableRawPointer) -> Void = { [function] rows, target in
            for k in 0..<rows.count {
                var row =
                    function == nil
                    ? Row(tracing: rows, k, keyedByText: keyedByText) : Row(rows, k, keyedByText: keyedByText)
                if !isKeyed { row.key = "0" }
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: row)
            }
        }
        guard let function else {
            return Aggregate(
                AggregateKernel(Tracing(), name: "trace"), row: ValueType(Row.self), isKeyed: isKeyed,
                emission: emission, makeRows: makeRows)
        }
        return Aggregate(
            function, of: taken.kernel, row: ValueType(Row.self), isKeyed: isKeyed, emission: emission,
            makeRows: makeRows)
    }
}

extension Sample {
    /// Tells events apart in a trace.
    var mark: String { "\(number):\(float.bitPattern) " }
}

/// An aggregate that shows in which order events are added and states are merged. Its state is not trivial to copy.
struct Tracing: Aggregator {
    func makeState() -> [String] { [] }

    func add(_ sample: Sample, at place: EventPlace, to state: inout [String]) {
        if state.isEmpty { state.append("") }
        state[state.count - 1] += sample.mark
    }

    func merge(_ later: [String], into state: inout [String]) { state += later }

    func result(of state: [String], in window: WindowSpan) -> UInt64 {
        Self.bits(state.map { "(\($0))" }.joined(separator: "+"))
    }

    static func bits(_ text: String) -> UInt64 {
        var copy = text
        return copy.withUTF8 { XXHash64.hash(UnsafeRawBufferPointer($0)) }
    }
}

extension Row {
    /// The row of a trace.
    fileprivate init(tracing rows: ClosedRows, _ k: Int, keyedByText: Bool) {
        self.init(
            key: keyedByText ? rows.key(k, as: String.self) : "\(rows.key(k, as: Int64.self))",
            start: rows.window(k).start.nanoseconds, end: rows.window(k).end.nanoseconds,
            bits: rows.value(k, as: UInt64.self))
    }
}
