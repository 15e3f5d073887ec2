internal import PenstockEvents

// What an event that has been passed gives, and what is kept behind it.
extension TimedJoin {
    private var lefts: EventPool { pools[0] }
    private var rights: EventPool { pools[1] }

    /// Puts out the rows of an event.
    mutating func giveRows(of due: DueEvent) throws {
        switch rule {
        case .interval(let lower, let upper): try givePairs(of: due, lower, upper)
        case .asOf(let rule): try giveRow(of: due, rule)
        case .session(let gap): try giveSession(of: due, gap)
        }
    }

    // MARK: Intervals

    /// The pairs of an event with those before it, and its own row where it has no partner at all. Of events of the same time the right one
    /// comes first.
    private mutating func givePairs(of due: DueEvent, _ lower: Int64, _ upper: Int64) throws {
        guard let at = knownPlace(of: due.event.code) else { preconditionFailure("an event was forgotten") }
        let time = due.time
        let isLeft = due.input == 0
        let (first, last) = isLeft ? (time + lower, time + upper) : (time - upper, time - lower)
        let (line, pool) = isLeft ? (sides[at].lines[1], rights) : (sides[at].lines[0], lefts)
        for place in line.places(from: first, through: min(last, isLeft ? time : time - 1), pool) {
            let partner = pool[line.slot(place)]
            try give(isLeft ? due.event : partner, isLeft ? partner : due.event, time: time)
        }
        guard isLeft ? kind.keepsLeft : kind.keepsRight else { return }
        if line.places(from: first, through: last, pool).isEmpty {
            try give(isLeft ? due.event : nil, isLeft ? nil : due.event, time: time)
        }
    }

    // MARK: As of

    private mutating func giveRow(of due: DueEvent, _ rule: TimedJoinRule.AsOf) throws {
        var match = match(of: due, rule)
        if let found = match, let endsValue = rule.endsValue, endsValue(found.value) { match = nil }
        if match == nil, !kind.keepsLeft {
            statistics.outsideEvents += 1
        } else {
            try give(due.event, match, time: due.time)
        }
    }

    private func match(of due: DueEvent, _ rule: TimedJoinRule.AsOf) -> KeptEvent? {
        guard let at = knownPlace(of: due.event.code) else { return nil }
        let line = sides[at].lines[1]
        let time = due.time
        let limit = rule.tolerance ?? .max
        var before: KeptEvent?
        if rule.direction != .forward {
            let end = line.firstPlace(from: rule.isStrict ? time : time + 1, rights)
            if end > line.indices.lowerBound { before = rights[line.slot(end - 1)] }
            if let found = before, time - found.place.nanoseconds > limit { before = nil }
            if rule.direction == .backward { return before }
        }
        let start = line.firstPlace(from: rule.isStrict ? time + 1 : time, rights)
        guard start < line.indices.upperBound else { return before }
        let found = rights[line.slot(start)].place.nanoseconds
        guard found - time <= limit else { return before }
        if let before, time - before.place.nanoseconds <= found - time { return before }
        // Of several of the same time the last one is in effect.
        return rights[line.slot(line.firstPlace(from: found + 1, rights) - 1)]
    }

    // MARK: Sessions

    /// The rows of a session, where the event is its last one.
    private mutating func giveSession(of due: DueEvent, _ gap: Int64) throws {
        guard let at = knownPlace(of: due.event.code) else { preconditionFailure("an event was forgotten") }
        let end = due.time
        let last = end - gap
        let (left, right) = (sides[at].lines[0], sides[at].lines[1])
        let (leftEnd, rightEnd) = (left.firstPlace(from: last + 1, lefts), right.firstPlace(from: last + 1, rights))
        let next = [
            leftEnd < left.indices.upperBound ? lefts[left.slot(leftEnd)].place.nanoseconds : .max,
            rightEnd < right.indices.upperBound ? rights[right.slot(rightEnd)].place.nanoseconds : .max,
        ]
        guard next[0] > end, next[1] > end else { return }
        // What stands before what has been given already.
        let (leftStart, rightStart) = (
            left.firstPlace(from: sides[at].given + 1, lefts), right.firstPlace(from: sides[at].given + 1, rights)
        )
        var (leftEvents, rightEvents) = (
            (leftStart..<leftEnd).map { lefts[left.slot($0)] }, (rightStart..<rightEnd).map { rights[right.slot($0)] }
        )
        guard !leftEvents.isEmpty || !rightEvents.isEmpty else { return }
        let first = min(
            leftEvents.first?.place.nanoseconds ?? .max, rightEvents.first?.place.nanoseconds ?? .max)
        leftEvents.sort { $0.place < $1.place }
        rightEvents.sort { $0.place < $1.place }
        sides[at].given = last
        ended.insert(due.event.code)
        var closing = ClosingJoin(
            WindowSpan(first, end), time: end, turn: end + delay, lefts: leftEvents, rights: rightEvents, keys, kernel)
        _ = try closing.join(kernel, into: &output, keys, failures, isWhole: true)
    }

    // MARK: Rows

    private mutating func give(_ left: KeptEvent?, _ right: KeptEvent?, time: Int64) throws {
        guard case .pairs(_, let run) = kernel.form, let any = left ?? right else {
            preconditionFailure("a join by time that makes no pairs")
        }
        var pair = JoinPair(left: left?.value, right: right?.value)
        let outcome = run(&pair, 1, output.room(1))
        if let failure = outcome.failure {
            guard failures.goesOn else { throw failures.failure(at: any.place, failure) }
            failures.leaveOut(
                FailedEvents.Row(
                    code: any.code, key: keys.bytes(any.code), window: nil, time: time, effectiveTime: time + delay,
                    event: (any.place, UnsafeRawPointer(any.value), left == nil ? kernel.right : kernel.left)), failure)
            return
        }
        output.added(1)
        output.label(code: any.code, time: time)
    }

    // MARK: Letting go

    /// Frees the events of a key that no event after `time` needs.
    mutating func drop(_ at: Int, passedBy time: Int64) {
        switch rule {
        case .interval(let lower, let upper):
            dropUpTo(time.subtracting(max(0, upper)), at, 0)
            dropUpTo(time.subtracting(max(0, -lower)), at, 1)
        case .asOf(let rule) where rule.direction == .forward:
            dropUpTo(time, at, 1)
        case .asOf(let rule):
            if let tolerance = rule.tolerance { dropUpTo(time.subtracting(tolerance), at, 1) }
            // The latest one that has been passed is in effect.
            let passed = sides[at].lines[1].firstPlace(from: time == .max ? .max : time + 1, rights)
            sides[at].lines[1].drop(before: passed - 1, rights)
        case .session:
            dropUpTo(sides[at].given, at, 0)
            dropUpTo(sides[at].given, at, 1)
        }
    }

    private mutating func dropUpTo(_ time: Int64, _ at: Int, _ input: Int) {
        let end = sides[at].lines[input].firstPlace(from: time == .max ? .max : time + 1, pools[input])
        sides[at].lines[input].drop(before: end, pools[input])
    }
}

extension TimedJoinRule {
    /// Whether the events of an input are kept by key, for others to find them.
    func keeps(_ input: UInt8) -> Bool {
        if case .asOf = self { input == 1 } else { true }
    }
}

extension JoinKernel {
    /// Which events give rows without a partner.
    var kind: JoinKind {
        if case .pairs(let kind, _) = form { kind } else { .full }
    }
}

extension Int64 {
    /// The time so much earlier; the ends of time stay what they are.
    fileprivate func subtracting(_ duration: Int64) -> Int64 {
        self == .max || self < .min + duration ? self : self - duration
    }
}
