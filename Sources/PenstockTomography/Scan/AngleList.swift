public import Penstock
internal import PenstockFormats

/// A text file with an angle on each line, and which of its lines belong to projections.
///
/// Logs of a beamline often have a line for each frame, also for flats and darks: `angles.txt:11-101` takes lines 11 to 101, counted from 1.
/// Blank lines and those that begin with `#` are counted and passed over.
public struct AngleList: Sendable, Hashable, CustomStringConvertible, ExpressibleByArgument {
    /// The file.
    public let path: String
    /// The lines that are taken, counted from 1; nil for all.
    public let lines: ClosedRange<Int>?

    /// Some lines of a file, or all.
    public init(_ path: String, lines: ClosedRange<Int>? = nil) {
        self.path = path
        self.lines = lines
    }

    /// `FILE` or `FILE:first-last`; nil where the lines are not two numbers in order, or there is no name.
    public init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"),
            argument[argument.index(after: colon)...].allSatisfy({ $0.isNumber || $0 == "-" })
        else {
            guard !argument.isEmpty else { return nil }
            self.init(argument)
            return
        }
        let numbers = argument[argument.index(after: colon)...].split(separator: "-", omittingEmptySubsequences: false)
            .map { Int($0) }
        guard numbers.count == 2, let first = numbers[0], let last = numbers[1], first >= 1, first <= last,
            colon > argument.startIndex
        else { return nil }
        self.init(String(argument[..<colon]), lines: first...last)
    }

    /// As on the command line.
    public var description: String { lines.map { "\(path):\($0.lowerBound)-\($0.upperBound)" } ?? path }

    /// Reads the angles.
    /// - Throws: `FormatError` for a file that cannot be read; `wrongShape` where it has fewer lines; `wrongType` for a line that is not
    ///   a number.
    func read() throws(FormatError) -> ProjectionAngles {
        let all = try TextFile.lines(of: path)
        let range = lines ?? 1...max(1, all.count)
        guard range.upperBound <= max(1, all.count) else {
            let count = all.last == "" ? all.count - 1 : all.count
            throw FormatError(
                .wrongShape, file: path,
                "has \(count) lines, but lines \(range.lowerBound) to \(range.upperBound) are wanted",
                hint: "lines are counted from 1")
        }
        var values: [Double] = []
        for number in range {
            let text = all[number - 1].drop { $0.isWhitespace }
            guard let first = text.first, first != "#" else { continue }
            let word = text.prefix { !$0.isWhitespace }
            guard let value = Double(word), text.dropFirst(word.count).allSatisfy(\.isWhitespace) else {
                throw FormatError(
                    .wrongType, file: path, object: "line \(number)", "\"\(text.prefix(40))\" is not an angle",
                    hint: "a list has one angle on each line; lines that begin with # are passed over")
            }
            values.append(value)
        }
        return ProjectionAngles(values: values, unit: nil, file: path)
    }
}
