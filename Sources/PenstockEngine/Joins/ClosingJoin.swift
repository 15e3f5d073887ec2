internal import PenstockEvents

/// A window whose events are joined, key by key, some rows at a time.
struct ClosingJoin {
    let window: WindowSpan
    /// The time of the rows.
    let time: Int64
    private let lefts: [KeptEvent]
    private let rights: [KeptEvent]
    /// The group that is being joined, and the pairs that it has given.
    private var left: Range<Int>
    private var right: Range<Int>
    private var given = 0
    private var pairs: [JoinPair] = []
    /// The place of the first of the pairs among those of its group.
    private var firstPair = 0
    private let sideTypes: (left: ValueType, right: ValueType)
    /// When time has come so far that the window is joined.
    private let turn: Int64

    /// The events of both sides by key, those of a key in canonical order.
    init(
        _ window: WindowSpan, time: Int64, turn: Int64, lefts: [KeptEvent], rights: [KeptEvent], _ keys: JoinKeys,
        _ kernel: JoinKernel
    ) {
        self.window = window
        self.turn = turn
        sideTypes = (kernel.left, kernel.right)
        self.time = time
        self.lefts = lefts
        self.rights = rights
        (left, right) = (0..<0, 0..<0)
        goOn(keys)
    }

    private var hasEnded: Bool { left.isEmpty && right.isEmpty }

    /// Puts rows into the output until it is full, or all of them where the window is to be joined as a whole.
    /// - Returns: Whether there may be more.
    /// - Throws: `EngineError` that names an event of the pair or group for which the author's function failed.
    mutating func join(
        _ kernel: JoinKernel, into output: inout JoinOutput, _ keys: JoinKeys, _ failures: FailedEvents,
        isWhole: Bool = false
    ) throws -> Bool {
        while !hasEnded, isWhole || !output.isFull {
            switch kernel.form {
            case .pairs(let kind, let run):
                pairs.removeAll(keepingCapacity: true)
                takePairs(kind, isWhole ? output.limit : output.space)
                try give(run, into: &output, keys, failures)
            case .groups(let run):
                try give(run, into: &output, keys, failures)
                given = left.count * right.count
            }
            if given >= pairCount(kernel) { goOn(keys) }
        }
        return !hasEnded
    }

    private func pairCount(_ kernel: JoinKernel) -> Int {
        guard case .pairs(let kind, _) = kernel.form else { return 0 }
        return count(kind)
    }

    private func count(_ kind: JoinKind) -> Int {
        if left.isEmpty { return kind.keepsRight ? right.count : 0 }
        if right.isEmpty { return kind.keepsLeft ? left.count : 0 }
        return left.count * right.count
    }

    private mutating func takePairs(_ kind: JoinKind, _ limit: Int) {
        let end = min(count(kind), given + limit)
        firstPair = given
        while given < end {
            if left.isEmpty {
                pairs.append(JoinPair(left: nil, right: rights[right.lowerBound + given].value))
            } else if right.isEmpty {
                pairs.append(JoinPair(left: lefts[left.lowerBound + given].value, right: nil))
            } else {
                let (l, r) = given.quotientAndRemainder(dividingBy: right.count)
                pairs.append(
                    JoinPair(left: lefts[left.lowerBound + l].value, right: rights[right.lowerBound + r].value))
            }
            given += 1
        }
    }

    private func give(
        _ run: (UnsafePointer<JoinPair>, Int, UnsafeMutableRawPointer) -> KernelOutcome, into output: inout JoinOutput,
        _ keys: JoinKeys, _ failures: FailedEvents
    ) throws {
        var at = 0
        while at < pairs.count {
            let rest = pairs.count - at
            let outcome = pairs.withUnsafeBufferPointer { run($0.baseAddress! + at, rest, output.room(rest)) }
            output.added(outcome.processed)
            output.label(code: code, time: time)
            guard let failure = outcome.failure else { return }
            at += outcome.processed
            try leaveOut(event(ofPair: firstPair + at), keys, failures, failure)
            at += 1
        }
    }

    private func give(
        _ run: (JoinGroup, inout JoinOutput) throws -> Void, into output: inout JoinOutput, _ keys: JoinKeys,
        _ failures: FailedEvents
    ) throws {
        do {
            try lefts[left].withUnsafeBufferPointer { lefts in
                try rights[right].withUnsafeBufferPointer { rights in
                    let group = JoinGroup(
                        window: window, lefts: JoinSide(lefts), rights: JoinSide(rights), code: code,
                        keyBytes: keys.bytes(code))
                    try run(group, &output)
                }
            }
        } catch {
            output.dropUnlabelled()
            try leaveOut(nil, keys, failures, error)
        }
        output.label(code: code, time: time)
    }

    /// The left event of a pair, or the right one where there is no left one.
    private func event(ofPair number: Int) -> (KeptEvent, ValueType) {
        if left.isEmpty { return (rights[right.lowerBound + number], sideTypes.right) }
        return (lefts[left.lowerBound + number / max(right.count, 1)], sideTypes.left)
    }

    /// The author's function failed for a pair, or for all events of a key.
    private func leaveOut(
        _ event: (KeptEvent, ValueType)?, _ keys: JoinKeys, _ failures: FailedEvents, _ error: any Error
    ) throws {
        guard failures.goesOn else {
            let place = left.isEmpty ? rights[right.lowerBound].place : lefts[left.lowerBound].place
            throw failures.failure(at: event?.0.place ?? place, error)
        }
        failures.leaveOut(
            FailedEvents.Row(
                code: code, key: keys.bytes(code), window: window, time: time, effectiveTime: turn,
                event: event.map { ($0.0.place, UnsafeRawPointer($0.0.value), $0.1) }), error)
    }

    private var code: UInt64 { left.isEmpty ? rights[right.lowerBound].code : lefts[left.lowerBound].code }

    /// Goes on to the next key of either side.
    private mutating func goOn(_ keys: JoinKeys) {
        given = 0
        let (l, r) = (left.upperBound, right.upperBound)
        let next: UInt64
        switch (l < lefts.count, r < rights.count) {
        case (false, false):
            (left, right) = (l..<l, r..<r)
            return
        case (true, false): next = lefts[l].code
        case (false, true): next = rights[r].code
        case (true, true):
            let (a, b) = (lefts[l].code, rights[r].code)
            next = a == b || keys.precedes(a, b) ? a : b
        }
        left = Self.run(of: next, in: lefts, from: l)
        right = Self.run(of: next, in: rights, from: r)
    }

    private static func run(of code: UInt64, in events: [KeptEvent], from start: Int) -> Range<Int> {
        var end = start
        while end < events.count, events[end].code == code { end += 1 }
        return start..<end
    }
}
