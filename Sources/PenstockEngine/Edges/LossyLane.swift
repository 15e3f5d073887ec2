internal import PenstockEvents

/// What a sender has sent over a lossy edge and the receiver has not taken.
///
/// What is said of time waits behind the events before it that are left, and with those that are dropped it goes on at once: so no event
/// comes behind a watermark of its own sender that has passed it. Records and barriers are in order, each with the place behind which it
/// stands among the events. A barrier passes by the events that wait. Those before a record that it may not pass by are dropped.
///
/// Where the newest event comes first, time goes as far as had been said before it; an older one that comes later is then behind. Records
/// wait for all events before them.
struct LossyLane: Sendable {
    /// Records of scans, barriers and the like that may wait. Where there are as many the sender waits, for none of them may be dropped.
    static let controlLimit = 1024

    private struct Control {
        let element: StreamElement
        let before: ToldTime
        let place: UInt64
        /// How many events were sent before it.
        let sent: Int
    }

    private let policy: LossyEdge
    private var events = WaitingEvents()
    private var controls: [Control] = []
    private var nextPlace: UInt64 = 0
    /// What the sender has said of time, and what the receiver knows of it.
    private var told = ToldTime()
    private var known = ToldTime()
    private var sent = 0
    private var taken = 0
    private var dropped = 0
    private var isEnding = false

    /// Whether the interval since the last event is over.
    private var isOpen = true
    private var opensAt = Int64.min
    private var isTimerSet = false
    /// Behind the last event that may be taken before the interval begins again.
    private var roundEnd: UInt64 = 0

    /// How many events the receiver did not get. Right behind a barrier the ones that it passed by count, too: whatever goes on from its
    /// checkpoint does not get them either.
    private(set) var lost = 0

    init(_ policy: LossyEdge) { self.policy = policy }

    /// Whether there is nothing to take now.
    var isEmpty: Bool { !isUrgent && next == known }

    /// Whether there is something that should not wait for more.
    var isUrgent: Bool { comesControl || mayTakeEvents }

    /// How full it is, 0 to 1: then older events give way.
    var fill: Double { min(Double(events.count) / Double(policy.capacity), 1) }

    /// Whether there is room for an element: always for events and for what is said of time.
    func hasRoom(for element: StreamElement) -> Bool {
        switch element {
        case .batch, .watermark, .control(.timeMark): true
        case .control, .barrier, .end: controls.count < Self.controlLimit
        }
    }

    /// Adds an element.
    mutating func append(_ element: StreamElement) {
        switch element {
        case .watermark(let time): told.watermark = max(told.watermark, time)
        case .control(.timeMark(let time)): told.mark = max(told.mark, time)
        case .batch(let batch):
            if batch.count > 0 { put(batch) }
            told.watermark = max(told.watermark, batch.watermark)
        case .control, .end:
            if case .end = element { isEnding = true }
            controls.append(Control(element: element, before: told, place: nextPlace, sent: sent))
            nextPlace += 1
        case .barrier:
            let place = controls.last?.place ?? 0
            dropped += events.drop(before: place)
            controls.append(Control(element: element, before: events.first?.before ?? told, place: place, sent: sent))
        }
    }

    /// Takes what comes first, at an instant of the run's clock.
    mutating func popFirst(at now: Int64) -> StreamElement? {
        if let time = takeTime() { return time }
        if comesControl {
            let control = controls.removeFirst()
            lost = if case .barrier = control.element { control.sent - taken } else { dropped }
            return control.element
        }
        guard mayTakeEvents, let place = events.first?.place, var batch = takeEvents() else { return nil }
        taken += batch.count
        lost = dropped
        if let interval = policy.interval {
            if place >= roundEnd { roundEnd = nextPlace }
            isOpen = false
            opensAt = now + interval
        }
        known.watermark = max(known.watermark, next.watermark)
        batch.watermark = known.watermark
        return .batch(batch)
    }

    /// The instant at which somebody has to call `open`, once for each time that it is asked for; nil where nobody has to.
    mutating func takeOpening() -> Int64? {
        guard !isOpen, !isTimerSet else { return nil }
        isTimerSet = true
        return opensAt
    }

    /// An instant has come that `takeOpening` gave.
    mutating func open(at now: Int64) {
        isTimerSet = false
        isOpen = isOpen || now >= opensAt
    }

    // MARK: What comes first

    private var comesControl: Bool {
        guard let control = controls.first else { return false }
        return control.place <= events.first?.place ?? .max
    }

    private var mayTakeEvents: Bool {
        guard let first = events.first, !comesControl else { return false }
        return policy.interval == nil || isEnding || isOpen || first.place < roundEnd
    }

    /// How far time has come before what comes first.
    private var next: ToldTime {
        let before = comesControl ? controls.first?.before : upcoming?.before
        guard let before else { return told }
        return ToldTime(watermark: max(before.watermark, known.watermark), mark: max(before.mark, known.mark))
    }

    /// What of the events is taken next.
    private var upcoming: WaitingEvents.Part? {
        policy.isNewestFirst ? events.newest(before: controls.first?.place ?? .max) : events.first
    }

    private mutating func takeEvents() -> Batch? {
        guard policy.isNewestFirst else { return events.popFirst() }
        guard var batch = events.popNewest(before: controls.first?.place ?? .max) else { return nil }
        let row = Int(batch.rows[0])
        if batch.effectiveTime(row, batch.behind.first) <= known.watermark.nanoseconds {
            batch.behind = [BehindMark(row: UInt32(row), watermark: known.watermark)]
        }
        return batch
    }

    private mutating func takeTime() -> StreamElement? {
        let next = next
        if next.watermark > known.watermark {
            known.watermark = next.watermark
            return .watermark(next.watermark)
        }
        guard next.mark > known.mark else { return nil }
        known.mark = next.mark
        return .control(.timeMark(next.mark))
    }

    private mutating func put(_ batch: Batch) {
        sent += batch.count
        if policy.isPerKey {
            dropped += events.appendLatestOfEachKey(batch, before: told, firstPlace: nextPlace)
            nextPlace += UInt64(batch.count)
        } else {
            dropped += events.append(batch, latest: policy.capacity, before: told, place: nextPlace)
            nextPlace += 1
        }
        let surplus = events.count - policy.capacity
        guard surplus > 0 else { return }
        events.dropOldest(surplus)
        dropped += surplus
    }
}
