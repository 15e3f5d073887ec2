import PenstockEvents

@testable import PenstockEngine

/// What stream-semantics.md, sections 2 to 6, says of tumbling and sliding windows, event by event and window by window.
struct WindowReference {
    let windows: TimeWindows
    let bound: Int64?
    private(set) var rows: [Row] = []
    private(set) var statistics = OperatorStatistics()

    /// An event in a window that takes it.
    private struct Member {
        let slice: Int64
        let partition: Int
        let isBehind: Bool
        let sample: Sample
    }

    private struct Window: Hashable {
        let key: Int64
        let start: Int64
    }

    init(_ windows: TimeWindows, bound: Int64?, partitions: [[Step]], _ function: Aggregate.Function, _ taken: Taken) {
        self.windows = windows
        self.bound = bound
        var members: [Window: [Member]] = [:]
        for (partition, steps) in partitions.enumerated() { read(steps, partition, into: &members) }
        rows = members.map { Self.row($0, windows.size, $1, function, taken) }
        rows.sort { ($0.end, Int64($0.key) ?? 0) < ($1.end, Int64($1.key) ?? 0) }
    }

    private mutating func read(_ steps: [Step], _ partition: Int, into members: inout [Window: [Member]]) {
        var latest: Int64?
        var mark = Int64.min
        for step in steps {
            guard case .event(let time, let sample) = step else {
                if case .mark(let time) = step { mark = max(mark, time) }
                continue
            }
            var watermark = mark
            if let latest, let bound { watermark = max(latest - bound - 1, mark) }
            latest = max(latest ?? time, time)
            let starts = (time - windows.size + 1...time).filter { isStart($0) }
            let open = starts.filter { $0 + windows.size - 1 > watermark }
            if starts.isEmpty {
                statistics.outsideEvents += 1
            } else if open.isEmpty {
                statistics.lateEvents += 1
            } else {
                statistics.lateWindows += starts.count - open.count
            }
            for start in open {
                members[Window(key: sample.key, start: start), default: []].append(
                    Member(slice: slice(of: time), partition: partition, isBehind: time <= watermark, sample: sample))
            }
        }
    }

    private func isStart(_ a: Int64) -> Bool {
        (a - windows.offset).quotientAndRemainder(dividingBy: windows.every).remainder == 0
    }

    /// The latest start or end of a window at or before `time`.
    private func slice(of time: Int64) -> Int64 {
        var cut = time
        while !isStart(cut), !isStart(cut - windows.size) { cut -= 1 }
        return cut
    }

    /// Section 6: each origin of a slice is folded, what was behind apart and after it; then origins, then slices are combined.
    private static func row(
        _ window: Window, _ size: Int64, _ members: [Member], _ function: Aggregate.Function, _ taken: Taken
    ) -> Row {
        var groups: [(key: (Int64, Int, Int), samples: [Sample])] = []
        for member in members {
            let key = (member.slice, member.partition, member.isBehind ? 1 : 0)
            if let at = groups.firstIndex(where: { $0.key == key }) {
                groups[at].samples.append(member.sample)
            } else {
                groups.append((key, [member.sample]))
            }
        }
        groups.sort { $0.key < $1.key }
        let samples = groups.flatMap(\.samples)
        let integer = samples.map(\.number).reduce(0, +)
        let partial = groups.map { $0.samples.dropFirst().reduce($0.samples[0].float) { $0 + $1.float } }
        let float = partial.dropFirst().reduce(partial[0], +)
        let count = Int64(samples.count)
        var row = Row(key: "\(window.key)", start: window.start, end: window.start + size)
        switch (function, taken) {
        case (.count, _): row.count = count
        case (.sum, .integer): row.integer = integer
        case (.sum, _): row.bits = float.bitPattern
        case (.mean, .integer):
            (row.count, row.integer) = (count, integer)
            row.bits = (Double(integer) / Double(count)).bitPattern
        case (.mean, _): (row.count, row.bits) = (count, (float / Double(count)).bitPattern)
        case (.minimum, .integer): row.integer = samples.map(\.number).min() ?? 0
        case (.minimum, _): row.bits = (samples.map(\.float).min() ?? 0).bitPattern
        case (.maximum, .integer): row.integer = samples.map(\.number).max() ?? 0
        case (.maximum, _): row.bits = (samples.map(\.float).max() ?? 0).bitPattern
        case (.variance, _): preconditionFailure("the reference does not know the variance")
        }
        return row
    }
}
