internal import Foundation
internal import PenstockEngine
internal import PenstockEvents

/// How an error reaches the user: its lines on standard error, and the program's exit status.
struct FailureReport {
    let lines: [String]
    let status: Int32

    /// The exit status of a program that ended because of Ctrl-C.
    static let interrupted: Int32 = 130

    /// What to tell of `error`; nil for an error that ArgumentParser tells itself: usage, help, version.
    init?(_ error: any Error) {
        switch error {
        case let diagnostic as any Diagnostic:
            lines = ["error: \(diagnostic.summary)"] + (diagnostic.hint.map { ["hint: \($0)"] } ?? [])
            status = diagnostic.category.rawValue
        case is RunStopped:
            lines = []
            status = FailureReport.interrupted
        default:
            return nil
        }
    }

    /// Writes the lines to standard error.
    func print() {
        for line in lines { FileHandle.standardError.write(Data((line + "\n").utf8)) }
    }
}
