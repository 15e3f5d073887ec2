internal import Foundation

/// A program in C of the folder `loops`, compiled here and now, that measures what this machine can do.
package struct FloorProgram {
    private let path: String

    /// Compiles `name`.c.
    /// - Parameters:
    ///   - folder: where the program is put.
    ///   - flags: of the compiler.
    ///   - libraries: that it links with.
    /// - Returns: nil where there is no compiler, a library is missing, or the source is not there any more.
    package init?(_ name: String, in folder: String, flags: [String], libraries: [String] = []) throws {
        path = folder + "/penstock-bench-\(name)-\(ProcessInfo.processInfo.processIdentifier)"
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("loops/\(name).c")
        guard FileManager.default.fileExists(atPath: source.path) else { return nil }
        guard try Self.output(of: ["cc"] + flags + ["-o", path, source.path] + libraries) != nil else { return nil }
    }

    /// What the program prints, in words; nil where it fails.
    package func run(_ arguments: [String]) throws -> [Substring]? {
        try Self.output(of: [path] + arguments)?.split(whereSeparator: \.isWhitespace)
    }

    /// Removes the program.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    private static func output(of command: [String]) throws -> String? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
    }
}
