internal import Foundation

/// Standard error: messages and progress.
package enum StandardError {
    /// Whether it is a terminal.
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes text as it is.
    package static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    /// Shows text in the terminal's last line, in the place of what stands there.
    package static func showLine(_ text: String) { write("\r" + text + "\u{1B}[K") }

    /// Empties the terminal's last line.
    package static func clearLine() { showLine("") }
}
