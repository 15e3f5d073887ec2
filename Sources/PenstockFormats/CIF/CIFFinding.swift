/// Something in a CIF that breaks its grammar or is unusual; what could be read was read.
public struct CIFFinding: Sendable, Hashable, CustomStringConvertible {
    /// What was found.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Tags stand before any line `data_`; they were put into a block without a name.
        case noDataHeader
        /// Text stands where a tag or a reserved word should; it was passed over.
        case strayText
        /// A tag has no value; it counts as unknown, `?`.
        case missingValue
        /// A tag stands twice in a block; the first value counts.
        case repeatedTag
        /// A quotation has no end on its line; it was taken to the end of the line.
        case unclosedQuotation
        /// A text field has no line with a semicolon at its end; the rest of the file was taken for it.
        case unclosedText
        /// The values of a loop do not fill its columns.
        case unfilledLoop
        /// A loop has no columns or no values.
        case emptyLoop
        /// Save frames, which belong to dictionaries, were passed over.
        case saveFrame
    }

    /// What was found.
    public let code: Code
    /// The line of the file, from 1.
    public let line: Int
    /// One line without a final full stop: what was found, and what was made of it.
    public let summary: String

    /// The line and the summary.
    public var description: String { "line \(line): \(summary)" }
}
