public import PenstockEvents

/// Why a run of an external program has no result.
///
/// The summary is the same for every run that fails in the same way: there are no times, process numbers or temporary names in it.
public struct ProgramError: Diagnostic, Hashable {
    /// What went wrong.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The program is not there, or may not be executed.
        case notFound = "programNotFound"
        /// The system cannot start it: no memory, no processes left, not a program.
        case notStarted = "programNotStarted"
        /// It ran for longer than it may.
        case timedOut = "programTimedOut"
        /// It was ended by a signal that did not come from here.
        case crashed = "programCrashed"
        /// It ended with a status other than 0.
        case failed = "programFailed"
        /// It printed more than it may.
        case outputTooLong = "programOutputTooLong"
        /// A file that it should have written is not there, is no file, or is too long.
        case missingFile = "programFileMissing"
        /// What it wrote makes no sense.
        case unusableFile = "programFileUnusable"
        /// The working folder or a file for the program cannot be written.
        case folder = "workingFolder"
    }

    /// What went wrong.
    public let code: Code
    /// The program, as it was named.
    public let program: String
    /// What happened, in one line.
    public let reason: String
    /// The exit status; nil where there was none.
    public let exitStatus: Int32?
    /// The end of what it printed: at most `lastWordsMax` bytes.
    public internal(set) var lastOutput: String
    /// The end of what it printed as errors: at most `lastWordsMax` bytes.
    public internal(set) var lastErrors: String
    /// The working folder, where it was kept.
    public internal(set) var folder: String?

    /// The most bytes of `lastOutput` and of `lastErrors`.
    public static let lastWordsMax = 2000

    /// A failure: of a program, or of whoever reads what it wrote.
    public init(
        _ code: Code, program: String, _ reason: String, exitStatus: Int32? = nil, lastOutput: String = "",
        lastErrors: String = ""
    ) {
        (self.code, self.program, self.reason) = (code, program, reason)
        (self.exitStatus, self.lastOutput, self.lastErrors) = (exitStatus, lastOutput, lastErrors)
    }

    /// The program, what happened, and the last line that it printed.
    public var summary: String {
        guard let line = Self.lastLine(lastErrors) ?? Self.lastLine(lastOutput) else { return "\(program): \(reason)" }
        return "\(program): \(reason); it printed last: \(line)"
    }

    private static func lastLine(_ text: String) -> Substring? {
        text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }.last { !$0.isEmpty }
    }

    /// What to do about it, and where the working folder is.
    public var hint: String? {
        if let folder { return "its files are in \(folder)" }
        switch code {
        case .notFound: return "install it, or give its path"
        case .notStarted: return "see whether the system has memory and processes left, and whether it is a program"
        case .timedOut: return "give it more time, or keep the working folders of failures to see how far it came"
        case .crashed, .failed, .missingFile, .unusableFile:
            return "keep the working folders of failures, and run it there by hand"
        case .outputTooLong: return "have it print less, or raise outputBytesMax"
        case .folder: return "see whether there is room for temporary files, and permission to write them"
        }
    }

    /// By whose fault it was.
    public var category: FailureCategory {
        switch code {
        case .notFound: .unavailable
        case .notStarted, .timedOut: .temporary
        case .crashed, .failed, .outputTooLong, .missingFile, .unusableFile: .data
        case .folder: .inputOutput
        }
    }
}
