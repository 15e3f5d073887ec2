internal import ArgumentParser
internal import PenstockEvents

/// How an error reaches the user: its lines on standard error, and the program's exit status.
package struct FailureReport {
    package let lines: [String]
    package let status: Int32

    /// The exit status of a program that ended because of Ctrl-C.
    package static let interrupted: Int32 = 130

    /// What to tell of `error`; nil for an error that ArgumentParser tells itself: usage, help, version.
    package init?(_ error: any Error) {
        switch error {
        case let diagnostic as any Diagnostic:
            lines = ["error: \(diagnostic.summary)"] + (diagnostic.hint.map { ["hint: \($0)"] } ?? [])
            status = diagnostic.category.rawValue
        case let exit as ExitCode:
            lines = []
            status = exit.rawValue
        default:
            return nil
        }
    }

    /// Writes the lines to standard error.
    package func print() {
        for line in lines { StandardError.write(line + "\n") }
    }
}
