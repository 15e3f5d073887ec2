/// What went wrong with a file: the error type of this module.
public struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no such file or folder.
        case notFound
        /// The file is there but may not be opened: permissions, a folder, locked by its writer.
        case notReadable
        /// The file is not of the format that its reader expects.
        case wrongFormat
        /// A dataset or group is missing.
        case missingDataset
        /// A column of a table is missing.
        case missingColumn
        /// A rank, an extent or a range does not fit.
        case wrongShape
        /// The elements are of a type that cannot be read as asked for.
        case wrongType
        /// The file ends before its content does.
        case truncated
        /// The data are compressed by a filter that is not installed.
        case unsupportedFilter
        /// The device or the library failed while reading.
        case readFailed
        /// A file or folder cannot be made.
        case cannotCreate
        /// The file, folder or dataset exists already.
        case exists
        /// The device or the library failed while writing.
        case writeFailed
        /// No space is left, or the quota is used up.
        case diskFull
        /// A record of a table breaks the rules of the format.
        case malformedRow
        /// A record or image is larger than a named limit.
        case tooLarge
    }

    /// The kind of failure.
    public let code: Code
    /// The path of the file as it was given.
    public let file: String
    /// The object inside the file: a dataset, an attribute, a line.
    public let object: String?
    /// One line without a final full stop: file, object, and what happened.
    public let summary: String
    /// One line: what the user can do, or nil where nothing sensible can be said.
    public let hint: String?

    /// An error whose summary is composed of the file, the object and `reason`.
    public init(_ code: Code, file: String, object: String? = nil, _ reason: String, hint: String? = nil) {
        self.code = code
        self.file = file
        self.object = object
        self.summary = object.map { "\(file), \($0): \(reason)" } ?? "\(file): \(reason)"
        self.hint = hint
    }

    /// The summary, and the hint behind it.
    public var description: String { hint.map { "\(summary) (\($0))" } ?? summary }
}

extension FormatError {
    /// The error with the name that the user gave in place of a temporary one, of the output itself or of a file in it.
    package func naming(_ path: String, insteadOf temporary: String) -> FormatError {
        guard file.hasPrefix(temporary) else { return self }
        let name = path + file.dropFirst(temporary.count)
        let prefix = object.map { "\(file), \($0): " } ?? "\(file): "
        return FormatError(code, file: name, object: object, String(summary.dropFirst(prefix.count)), hint: hint)
    }
}
