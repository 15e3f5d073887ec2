public import Penstock

/// One of several parts of a scan by detector rows, for a process of its own: `2/3` is the second of three.
///
/// Slices are computed in pairs of an even and an odd row, so rows are cut at even ones; pairs that are left over go to the first parts.
public struct DetectorPart: Sendable, Hashable, CustomStringConvertible, ExpressibleByArgument {
    /// Which of the parts, from 1.
    public let number: Int
    /// How many parts there are.
    public let count: Int

    /// A part.
    /// - Precondition: `number` is in `1...count`.
    public init(_ number: Int, of count: Int) {
        precondition(1 <= number && number <= count, "parts are counted from 1")
        self.number = number
        self.count = count
    }

    /// `2/3`; nil for anything else.
    public init?(argument: String) {
        let numbers = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let number = numbers[0], let count = numbers[1], 1 <= number, number <= count else {
            return nil
        }
        self.init(number, of: count)
    }

    /// As on the command line.
    public var description: String { "\(number)/\(count)" }

    /// The part's own among `rows` rows that become slices, counted from 0.
    /// - Throws: `TomographyError.partIsEmpty` where there are fewer pairs of rows than parts before it.
    func rows(of rows: Int) throws(TomographyError) -> Range<Int> {
        let pairs = (rows + 1) / 2
        let (each, left) = pairs.quotientAndRemainder(dividingBy: count)
        func begin(_ part: Int) -> Int { min(rows, 2 * (part * each + min(part, left))) }
        let range = begin(number - 1)..<begin(number)
        guard !range.isEmpty else { throw .partIsEmpty("\(self)", rows: rows) }
        return range
    }
}
