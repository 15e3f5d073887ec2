import Foundation

/// Bare writes by a program in C, compiled here and now with `cc -O2`.
final class AppendFloor {
    private static let kinds = ["direct", "buffered"]

    private let program: String
    private let file: String
    private let arguments: [String]
    private let bytes: Int
    private var seconds: [String: Double] = [:]
    private var measured = 0

    /// - Parameter bytes: what one round writes in each way.
    init(in directory: String, bytes: Int, batchBytes: Int, isDurable: Bool) throws {
        program = directory + "/append-floor"
        file = directory + "/floor"
        self.bytes = bytes
        arguments = ["\(bytes)", "\(batchBytes)"] + (isDurable ? ["durable"] : [])
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("loops/append_floor.c")
        guard try run(["cc", "-O2", "-o", program, source.path, "-luring"]) != nil else { throw FloorFailed() }
    }

    /// Measures one round of each way that works here.
    func measure() throws {
        guard bytes > 0 else { return }
        measured += bytes
        for kind in Self.kinds {
            defer { try? FileManager.default.removeItem(atPath: file) }
            let words = try run([program, file, kind] + arguments)
            // A way that was refused is infinitely slow.
            let time = words.flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? .infinity
            seconds[kind, default: 0] += time
        }
    }

    /// The faster way over all rounds; nil where nothing was measured.
    var fastest: (kind: String, bytesPerSecond: Double)? {
        Self.kinds.compactMap { kind in seconds[kind].map { (kind, Double(measured) / $0) } }.max { $0.1 < $1.1 }
    }

    /// What a program prints; nil where it fails.
    private func run(_ command: [String]) throws -> String? {
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

/// The program that measures the floor cannot be made.
struct FloorFailed: Error, CustomStringConvertible {
    let description = "cannot compile append_floor.c: a C compiler and liburing are needed (or --floor-bytes 0)"
}
