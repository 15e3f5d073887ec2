public import PenstockEvents

/// Why a file does not describe a crystal.
public struct StructureError: Diagnostic, Hashable {
    /// The kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no table of atoms, or no atom is left of it.
        case noAtoms
        /// A length or an angle of the cell is missing or no number.
        case missingCell
        /// No cell has these lengths and angles.
        case impossibleCell
        /// The values of a table do not fill its columns: the file was cut off or spoilt.
        case unfilledLoop
        /// What should be a number is none.
        case invalidNumber
        /// What should be an element is none.
        case unknownElement
        /// What should be a symmetry operator is none.
        case invalidOperator
        /// There are no symmetry operators, and those of the space group are not known for sure.
        case unknownSymmetry
        /// There are more atoms than a named limit.
        case tooManyAtoms
        /// The file is not of the format that its reader expects.
        case wrongFormat
    }

    /// The kind of failure.
    public let code: Code
    /// The structure or the file.
    public let structure: String
    /// The line of the file, from 1; nil where the failure has no place.
    public let line: Int?
    /// What happened.
    public let reason: String
    /// One line: what the user can do, or nil where nothing sensible can be said.
    public let hint: String?

    /// A failure.
    public init(_ code: Code, structure: String, line: Int? = nil, _ reason: String, hint: String? = nil) {
        self.code = code
        self.structure = structure
        self.line = line
        self.reason = reason
        self.hint = hint
    }

    /// The structure, the line and what happened.
    public var summary: String { line.map { "\(structure), line \($0): \(reason)" } ?? "\(structure): \(reason)" }

    /// The data are wrong.
    public var category: FailureCategory { .data }
}
