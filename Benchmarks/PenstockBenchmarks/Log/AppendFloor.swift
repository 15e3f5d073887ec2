internal import Foundation

/// Bare writes by a program in C, compiled here and now with `cc -O2`.
final class AppendFloor {
    private static let kinds = ["direct", "buffered"]

    private let program: FloorProgram
    private let file: String
    private let arguments: [String]
    private let bytes: Int
    private var seconds: [String: Double] = [:]
    private var measured = 0

    /// - Parameter bytes: what one round writes in each way.
    init(in directory: String, bytes: Int, batchBytes: Int, isDurable: Bool) throws {
        let compiled = try FloorProgram("append_floor", in: directory, flags: ["-O2"], libraries: ["-luring"])
        guard let compiled else { throw FloorFailed() }
        program = compiled
        file = directory + "/floor"
        self.bytes = bytes
        arguments = ["\(bytes)", "\(batchBytes)"] + (isDurable ? ["durable"] : [])
    }

    /// Measures one round of each way that works here.
    func measure() throws {
        guard bytes > 0 else { return }
        measured += bytes
        for kind in Self.kinds {
            defer { try? FileManager.default.removeItem(atPath: file) }
            let words = try program.run([file, kind] + arguments)
            // A way that was refused is infinitely slow.
            let time = words?.first.flatMap { Double($0) } ?? .infinity
            seconds[kind, default: 0] += time
        }
    }

    /// The faster way over all rounds; nil where nothing was measured.
    var fastest: (kind: String, bytesPerSecond: Double)? {
        Self.kinds.compactMap { kind in seconds[kind].map { (kind, Double(measured) / $0) } }.max { $0.1 < $1.1 }
    }
}

/// The program that measures the floor cannot be made.
struct FloorFailed: Error, CustomStringConvertible {
    let description = "cannot compile append_floor.c: a C compiler and liburing are needed (or --floor-bytes 0)"
}
