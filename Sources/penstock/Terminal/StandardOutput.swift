internal import Foundation
internal import PenstockEvents

/// Standard output, gathered into large writes.
final class StandardOutput: Sendable {
    static let shared = StandardOutput()

    private static let bufferBytes = 64 << 10
    private let buffer = Guarded<[UInt8]>([])

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Prints a line.
    func print(_ line: String) throws {
        try buffer.withLock { buffer in
            buffer.append(contentsOf: line.utf8)
            buffer.append(UInt8(ascii: "\n"))
            if buffer.count >= Self.bufferBytes { try Self.drain(&buffer) }
        }
    }

    /// Writes bytes.
    func write(_ bytes: [UInt8]) throws {
        try buffer.withLock { buffer in
            buffer.append(contentsOf: bytes)
            if buffer.count >= Self.bufferBytes { try Self.drain(&buffer) }
        }
    }

    /// Hands everything to the system.
    func flush() throws { try buffer.withLock { try Self.drain(&$0) } }

    private static func drain(_ buffer: inout [UInt8]) throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        var done = 0
        while done < buffer.count {
            let count = buffer.withUnsafeBytes {
                Foundation.write(STDOUT_FILENO, $0.baseAddress! + done, $0.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno == EPIPE {
                // Nobody reads any more: as a program that SIGPIPE ends, where the signal is not ignored.
                Foundation.exit(128 + SIGPIPE)
            } else if errno != EINTR {
                throw CommandError(
                    .inputOutput, "cannot write to standard output: \(String(cString: strerror(errno)))",
                    hint: "what was written before is incomplete")
            }
        }
    }
}
