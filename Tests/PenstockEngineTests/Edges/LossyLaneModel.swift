import PenstockEvents

@testable import PenstockEngine

/// What a lossy lane has to do, event by event and without care for speed.
struct LossyLaneModel {
    enum Entry: Equatable {
        case event(Int64, key: Int64, before: Int64)
        case control(Int)
    }

    let policy: LossyEdge
    private(set) var entries: [Entry] = []
    private(set) var told = Int64.min
    /// What was said before one of the events that have been taken.
    private var known = Int64.min
    private(set) var sent = 0
    private(set) var taken = 0
    private(set) var dropped = 0
    /// How many events were sent before each barrier.
    private(set) var sentBefore: [Int: Int] = [:]

    init(_ policy: LossyEdge) { self.policy = policy }

    var waiting: Int { entries.count { $0.isEvent } }

    mutating func tell(_ watermark: Int64) { told = max(told, watermark) }

    /// Events of one batch; nothing is said of time between them.
    mutating func add(_ events: [(number: Int64, key: Int64)]) {
        for event in events {
            sent += 1
            if policy.isPerKey, let old = entries.firstIndex(where: { $0.key == event.key }) { drop(old) }
            entries.append(.event(event.number, key: event.key, before: told))
        }
        while waiting > policy.capacity, let oldest = entries.firstIndex(where: \.isEvent) { drop(oldest) }
    }

    mutating func add(control number: Int) { entries.append(.control(number)) }

    mutating func add(barrier number: Int) {
        sentBefore[number] = sent
        let place = entries.lastIndex { !$0.isEvent }.map { $0 + 1 } ?? 0
        for index in (0..<place).reversed() where entries[index].isEvent { drop(index) }
        entries.insert(.control(number), at: entries.lastIndex { !$0.isEvent }.map { $0 + 1 } ?? 0)
    }

    mutating func takeFirst() -> Entry? {
        guard !entries.isEmpty else { return nil }
        // The newest event before the first record, or that record where it is first.
        let newest = (entries.firstIndex { !$0.isEvent } ?? entries.count) - 1
        let first = entries.remove(at: policy.isNewestFirst ? max(0, newest) : 0)
        guard case .event(let number, let key, let before) = first else { return first }
        taken += 1
        known = max(known, before)
        return .event(number, key: key, before: known)
    }

    private mutating func drop(_ index: Int) {
        entries.remove(at: index)
        dropped += 1
    }
}

extension LossyLaneModel.Entry {
    var isEvent: Bool { if case .event = self { true } else { false } }
    var key: Int64? { if case .event(_, let key, _) = self { key } else { nil } }
}
