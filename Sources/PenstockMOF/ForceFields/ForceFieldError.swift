/// Why a force field cannot be read or does not fit a structure.
public struct ForceFieldError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of mistake it is.
    public enum Code: String, Sendable, Hashable {
        /// A column that the format needs is not in the header.
        case missingColumn
        /// A row has fewer values than the header, or a quotation mark is not closed.
        case malformedRow
        /// A value is not a number, or not a finite one.
        case notANumber
        /// A well depth, size, mass or critical constant is below its range.
        case outOfRange
        /// A name is not the symbol of an element.
        case unknownElement
        /// An element stands in two rows.
        case duplicateElement
        /// There is no row of values.
        case empty
        /// The structure has an element without parameters.
        case missingElement
        /// The rows of one molecule disagree about its critical constants.
        case contradiction
    }

    /// What kind of mistake it is.
    public let code: Code
    /// The file or the force field.
    public let source: String
    /// The line, from 1; nil where the mistake is in no line.
    public let line: Int?
    /// What is wrong, and what to do about it.
    public let message: String

    init(_ code: Code, in source: String, line: Int? = nil, _ message: String) {
        (self.code, self.source, self.line, self.message) = (code, source, line, message)
    }

    /// Where, what and what to do: `uff.csv:12: …`.
    public var description: String { "\(source)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
