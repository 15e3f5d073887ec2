import PenstockEvents

@testable import PenstockEngine

/// Joins by their definitions, event by event against event: slow and without any state.
struct JoinReference {
    struct Item {
        let side: Int
        let time: Int64
        /// The watermark of its partition before it was read.
        let watermark: Int64
        let partition: Int
        let sequence: Int
        let sample: Sample
        var isBehind: Bool { time <= watermark }
        var effective: Int64 { isBehind ? watermark + 1 : time }
        /// Canonical order.
        var order: [Int64] { [effective, Int64(side), Int64(partition), Int64(sequence)] }
        /// By time, then in canonical order.
        var timeOrder: [Int64] { [time] + order }
    }

    let items: [Item]

    /// The events of the partitions of both sides; `bounds` are those of the sides, nil for time marks alone.
    init(_ sides: [[[Step]]], bounds: [Int64?]) {
        var items: [Item] = []
        for (side, partitions) in sides.enumerated() {
            for (partition, steps) in partitions.enumerated() {
                var (watermark, sequence) = (Int64.min, 0)
                for step in steps {
                    switch step {
                    case .event(let time, let sample):
                        items.append(
                            Item(
                                side: side, time: time, watermark: watermark, partition: partition, sequence: sequence,
                                sample: sample))
                        sequence += 1
                        if let bound = bounds[side] { watermark = max(watermark, time - bound - 1) }
                    case .mark(let time): watermark = max(watermark, time)
                    case .control: break
                    }
                }
            }
        }
        self.items = items
    }

    /// Events that are in time for a join which answers `lateness` later, and how many are not.
    private func onTime(_ lateness: Int64) -> (items: [Item], late: Int) {
        let kept = items.filter { !$0.isBehind || $0.time + lateness > $0.watermark }
        return (kept, items.count - kept.count)
    }

    private func row(_ left: Item?, _ right: Item?, _ time: Int64) -> JoinRow {
        JoinRow(
            key: left?.sample.key ?? right?.sample.key ?? 0, left: left?.sample.number ?? -1,
            right: right?.sample.number ?? -1, time: time)
    }

    private func rows(_ group: [Item], _ form: JoinKind?, _ window: WindowSpan, _ time: Int64) -> [JoinRow] {
        let group = group.sorted { $0.order.lexicographicallyPrecedes($1.order) }
        let (lefts, rights) = (group.filter { $0.side == 0 }, group.filter { $0.side == 1 })
        guard let form else {
            return (lefts + rights).map { item in
                JoinRow(
                    key: item.sample.key, left: item.side == 0 ? item.sample.number : -1,
                    right: item.side == 1 ? item.sample.number : -1, time: time, start: window.start.nanoseconds,
                    lefts: lefts.count, rights: rights.count)
            }
        }
        if lefts.isEmpty { return form == .right || form == .full ? rights.map { row(nil, $0, time) } : [] }
        if rights.isEmpty { return form == .left || form == .full ? lefts.map { row($0, nil, time) } : [] }
        return lefts.flatMap { left in rights.map { row(left, $0, time) } }
    }

    private var keys: [Int64] { Set(items.map(\.sample.key)).sorted() }

    /// The rows of a window join, of a kind or by groups, and the number of late events.
    func windows(_ windows: TimeWindows, _ form: JoinKind?, lateness: Int64) -> (rows: [JoinRow], late: Int) {
        func ends(_ item: Item) -> [Int64] {
            var ends: [Int64] = []
            var end = windows.lastEnd(ofSlice: item.time)
            while end > item.time {
                if end - windows.size <= item.time { ends.append(end) }
                end -= windows.every
            }
            return ends
        }
        func isLate(_ item: Item, _ end: Int64) -> Bool { item.isBehind && end - 1 + lateness <= item.watermark }
        let late = items.count { item in
            let ends = ends(item)
            return !ends.isEmpty && ends.allSatisfy { isLate(item, $0) }
        }
        var rows: [JoinRow] = []
        for end in Set(items.flatMap(ends)).sorted() {
            let window = WindowSpan(end - windows.size, end)
            for key in keys {
                let inside = items.filter { $0.sample.key == key && ends($0).contains(end) && !isLate($0, end) }
                rows += self.rows(inside, form, window, end - 1)
            }
        }
        return (rows, late)
    }

    /// The rows of a join within sessions.
    func sessions(gap: Int64, _ form: JoinKind?, lateness: Int64) -> (rows: [JoinRow], late: Int) {
        let (items, late) = onTime(lateness)
        var sessions: [(end: Int64, key: Int64, items: [Item])] = []
        for key in keys {
            for item in items.filter({ $0.sample.key == key }).sorted(by: { $0.time < $1.time }) {
                if let last = sessions.last, last.key == key, item.time <= last.end {
                    sessions[sessions.count - 1].items.append(item)
                    sessions[sessions.count - 1].end = item.time + gap
                } else {
                    sessions.append((item.time + gap, key, [item]))
                }
            }
        }
        sessions.sort { ($0.end, $0.key) < ($1.end, $1.key) }
        return (
            sessions.flatMap { session in
                rows(session.items, form, WindowSpan(session.items[0].time, session.end), session.end)
            }, late
        )
    }

    /// The rows of an interval join.
    func interval(
        _ lower: Int64, _ upper: Int64, _ kind: JoinKind, lateness: Int64
    ) -> (rows: [JoinRow], late: Int) {
        let (items, late) = onTime(lateness)
        let inOrder = items.sorted { $0.timeOrder.lexicographicallyPrecedes($1.timeOrder) }
        // A pair belongs to its later event; of two of the same time to the left one.
        var rows: [(order: [Int64], row: JoinRow)] = []
        for (place, item) in inOrder.enumerated() {
            var partners: [(place: Int, item: Item)] = []
            for (other, partner) in inOrder.enumerated()
            where partner.side != item.side && partner.sample.key == item.sample.key {
                let distance = item.side == 0 ? partner.time - item.time : item.time - partner.time
                if distance >= lower, distance <= upper { partners.append((other, partner)) }
            }
            let order = [item.time, item.sample.key, Int64(1 - item.side), Int64(place)]
            for partner in partners
            where partner.item.time < item.time || partner.item.time == item.time && item.side == 0 {
                rows.append(
                    (
                        order + [Int64(partner.place)],
                        item.side == 0 ? row(item, partner.item, item.time) : row(partner.item, item, item.time)
                    ))
            }
            guard partners.isEmpty else { continue }
            if item.side == 0, kind == .left || kind == .full { rows.append((order, row(item, nil, item.time))) }
            if item.side == 1, kind == .right || kind == .full { rows.append((order, row(nil, item, item.time))) }
        }
        return (rows.sorted { $0.order.lexicographicallyPrecedes($1.order) }.map(\.row), late)
    }

    /// The rows of an as-of join; a right event whose number `ends` says takes the value away.
    func asOf(
        _ rule: TimedJoinRule.AsOf, _ kind: JoinKind, lateness: Int64, ends: (Int64) -> Bool = { _ in false }
    ) -> (rows: [JoinRow], late: Int, unmatched: Int) {
        let (items, late) = onTime(lateness)
        let lefts = items.filter { $0.side == 0 }.sorted {
            ([$0.time, $0.sample.key] + $0.order).lexicographicallyPrecedes([$1.time, $1.sample.key] + $1.order)
        }
        var rows: [JoinRow] = []
        for left in lefts {
            let candidates = items.filter { right in
                guard right.side == 1, right.sample.key == left.sample.key else { return false }
                let distance = left.time - right.time
                if abs(distance) > rule.tolerance ?? .max || rule.isStrict && distance == 0 { return false }
                switch rule.direction {
                case .backward: return distance >= 0
                case .forward: return distance <= 0
                case .nearest: return true
                }
            }
            // The closest, then the earlier, then the last in canonical order.
            let best = candidates.max { a, b in
                let (x, y) = (abs(a.time - left.time), abs(b.time - left.time))
                if x != y { return x > y }
                if a.time != b.time { return a.time > b.time }
                return a.order.lexicographicallyPrecedes(b.order)
            }
            rows.append(row(left, best.flatMap { ends($0.sample.number) ? nil : $0 }, left.time))
        }
        let matched = kind == .left ? rows : rows.filter { $0.right >= 0 }
        return (matched, late, rows.count - matched.count)
    }

    /// The rows of `BroadcastKernel.latest`.
    func broadcast() -> [JoinRow] {
        var (latest, count) = (Int64(-1), 0)
        var rows: [JoinRow] = []
        let order = { (item: Item) in [item.effective, Int64(1 - item.side)] + item.order }
        for item in items.sorted(by: { order($0).lexicographicallyPrecedes(order($1)) }) {
            if item.side == 1 {
                latest = item.sample.number
                count += 1
            } else {
                rows.append(
                    JoinRow(
                        key: item.sample.key, left: item.sample.number, right: latest, time: item.effective,
                        rights: count))
            }
        }
        return rows
    }
}
