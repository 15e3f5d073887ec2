import PenstockEvents

@testable import PenstockEngine

/// What stream-semantics.md, sections 2 to 6, says of windows with allowed lateness and rows on expiry, event by event and window by window.
struct TreeReference {
    private(set) var rows: [TreeRow] = []
    private(set) var statistics = OperatorStatistics()

    private let windows: TimeWindows
    private let lateness: Int64

    private struct Member {
        let slice: Int64
        let partition: Int
        let isBehind: Bool
        let isLate: Bool
        let number: Int64
    }

    private struct Window: Hashable {
        let key: Int64
        let start: Int64
    }

    init(_ input: WindowInput, lateness: Int64, isKeyed: Bool) {
        windows = input.windows
        self.lateness = lateness
        var members: [Window: [Member]] = [:]
        for (partition, steps) in input.partitions.enumerated() {
            var latest: Int64?
            var mark = Int64.min
            for step in steps {
                guard case .event(let time, let sample) = step else {
                    if case .mark(let time) = step { mark = max(mark, time) }
                    continue
                }
                var watermark = mark
                if let latest, let bound = input.bound { watermark = max(latest - bound - 1, mark) }
                latest = max(latest ?? time, time)
                let ends = (time + 1...time + windows.size).filter { isStart($0 - windows.size) }
                let open = ends.filter { watermark == .min || $0 - 1 + lateness > watermark }
                if ends.isEmpty {
                    statistics.outsideEvents += 1
                } else if open.isEmpty {
                    statistics.lateEvents += 1
                } else {
                    statistics.lateWindows += ends.count - open.count
                }
                for end in open {
                    members[Window(key: isKeyed ? sample.key : 0, start: end - windows.size), default: []].append(
                        Member(
                            slice: slice(of: time), partition: partition, isBehind: time <= watermark,
                            isLate: end - 1 <= watermark, number: sample.number))
                }
            }
        }
        var instants: [(instant: Int64, row: TreeRow)] = []
        for (window, all) in members {
            let end = window.start + windows.size
            let onTime = all.filter { !$0.isLate }
            if !onTime.isEmpty {
                instants.append(
                    (
                        end - 1,
                        TreeRow(window.key, window.start, end, Self.text(onTime), Pane(isFinal: lateness == 0))
                    ))
            }
            if onTime.count < all.count {
                let pane = Pane(index: onTime.isEmpty ? 0 : 1, timing: .late)
                instants.append((end - 1 + lateness, TreeRow(window.key, window.start, end, Self.text(all), pane)))
            }
        }
        rows = instants.sorted {
            ($0.instant, $0.row.window.end, $0.row.key) < ($1.instant, $1.row.window.end, $1.row.key)
        }.map(\.row)
    }

    private func isStart(_ a: Int64) -> Bool { (a - windows.offset) % windows.every == 0 }

    /// The latest start or end of a window at or before `time`.
    private func slice(of time: Int64) -> Int64 {
        var cut = time
        while !isStart(cut), !isStart(cut - windows.size) { cut -= 1 }
        return cut
    }

    private static func text(_ members: [Member]) -> String {
        var groups: [(key: (Int64, Int, Int), names: [String])] = []
        for member in members {
            let key = (member.slice, member.partition, member.isBehind ? 1 : 0)
            let name = "\(member.partition):\(member.number)"
            if let at = groups.firstIndex(where: { $0.key == key }) {
                groups[at].names.append(name)
            } else {
                groups.append((key, [name]))
            }
        }
        return groups.sorted { $0.key < $1.key }.map { $0.names.joined(separator: ",") }.joined(separator: "|")
    }
}
