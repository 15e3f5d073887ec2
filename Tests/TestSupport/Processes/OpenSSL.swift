internal import Foundation

/// The program `openssl`, as an implementation of certificates that is not ours.
package enum OpenSSL {
    package static let isPresent = (try? run(["version"]).status) == 0
    package static let absent = "openssl is not installed"

    /// Runs the program to its end with nothing to read, and gives its status and all that it has written.
    package static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let (input, pipe) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = input
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        try input.fileHandleForWriting.close()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
