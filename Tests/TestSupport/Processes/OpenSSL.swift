import Foundation

/// The program `openssl`, as an implementation of certificates that is not ours.
enum OpenSSL {
    static let isPresent = (try? run(["version"]).status) == 0
    static let absent = "openssl is not installed"

    /// Runs the program to its end, and gives its status and all that it has written.
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
