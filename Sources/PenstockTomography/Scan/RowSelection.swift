public import Penstock

/// Which detector rows become slices: all, or rows and ranges of rows such as `30,67,100` and `40-60,80`.
///
/// Rows are those of the whole detector, counted from 0. A slice does not depend on which others are wanted, bit for bit: it is computed
/// with the same neighbour.
public struct RowSelection: Sendable, Hashable, CustomStringConvertible {
    /// Every row.
    public static let all = RowSelection(ranges: nil)

    /// Ranges that neither touch nor overlap, in order; nil for every row.
    private let ranges: [ClosedRange<Int>]?

    private init(ranges: [ClosedRange<Int>]?) { self.ranges = ranges }

    /// These rows, in whatever order; repeated ones count once.
    /// - Precondition: There is one at least, and none is negative.
    public init(_ rows: [ClosedRange<Int>]) {
        precondition(!rows.isEmpty && rows.allSatisfy { $0.lowerBound >= 0 }, "a selection has rows from 0")
        var merged: [ClosedRange<Int>] = []
        for range in rows.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    /// `all`, or the rows as they are written on the command line.
    public var description: String {
        guard let ranges else { return "all" }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// The places of the wanted rows among `count` rows that begin with the row `first` of the detector, in order.
    /// - Throws: `rowOutside` where one is not among them.
    func places(from first: Int, count: Int) throws(TomographyError) -> [Int] {
        guard let ranges else { return Array(0..<count) }
        let detector = first..<first + count
        for range in ranges {
            for end in [range.lowerBound, range.upperBound] where !detector.contains(end) {
                throw .rowOutside(end, rows: detector)
            }
        }
        return ranges.flatMap { $0.map { $0 - first } }
    }
}

extension RowSelection: ExpressibleByArgument {
    /// The rows as the command line has them; nil for anything else.
    public init?(argument: String) {
        if argument == "all" {
            self = .all
            return
        }
        var rows: [ClosedRange<Int>] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                first >= 0
            else { return nil }
            rows.append(first...last)
        }
        self.init(rows)
    }

    /// `all` or the rows.
    public var defaultValueDescription: String { description }
}
