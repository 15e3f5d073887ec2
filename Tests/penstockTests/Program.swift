import Foundation
import TestSupport
import Testing

/// What a run of the program left: its exit status and what it printed.
struct Outcome {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// What it printed, as JSON.
    func json() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}

/// The program under test, run as a user runs it, in a folder of its own.
final class Workplace {
    /// The folder of the test bundle is that of the program.
    static let program: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // A test bundle that a helper of the toolchain loads is named in the helper's arguments.
        let named = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let candidates = [own, named].map { path in
            URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("penstock").path
        }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "penstock"
    }()

    private let folder: TestFolder

    var path: String { folder.path }

    init() throws { folder = try TestFolder() }

    func callAsFunction(_ name: String) -> String { folder(name) }

    /// Writes a file.
    func write(_ text: String, to name: String) throws { try folder.write(text, to: name) }

    func write(_ data: Data, to name: String) throws { try folder.write(data, to: name) }

    func read(_ name: String) throws -> Data { try folder.data(name) }

    /// Changes one byte of a file.
    func flip(_ name: String, at position: Int) throws {
        var data = try read(name)
        data[position] ^= 0x10
        try write(data, to: name)
    }

    /// The segments of a partition, by name.
    func segments(_ partition: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self("penstock-log/\(partition)"))
            .filter { $0.hasSuffix(".segment") }.sorted().map { "penstock-log/\(partition)/\($0)" }
    }

    /// Starts the program; its output goes to files.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
        try Running(arguments, in: self, environment: environment)
    }

    /// Runs the program to its end.
    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try start(arguments, environment: environment).wait()
    }

    /// Runs the program to its end, which has to be a good one.
    @discardableResult
    func succeed(_ arguments: String...) throws -> Outcome {
        let outcome = try start(arguments).wait()
        try #require(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }
}

/// The program while it runs.
final class Running {
    private let process = Process()
    /// What it prints, out of the way of what it makes.
    private let streams: TestFolder

    init(_ arguments: [String], in workplace: Workplace, environment: [String: String]) throws {
        streams = try TestFolder()
        process.executableURL = URL(fileURLWithPath: Workplace.program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: workplace.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: streams.write("", to: "output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: streams.write("", to: "errors")))
        try process.run()
    }

    /// What it printed so far.
    var output: String { String(decoding: (try? streams.data("output")) ?? Data(), as: UTF8.self) }

    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until so many lines were printed; false where the program ended before.
    func waitForLines(_ count: Int) -> Bool {
        while output.split(separator: "\n").count < count {
            guard isRunning else { return output.split(separator: "\n").count >= count }
            usleep(2000)
        }
        return true
    }

    func wait() throws -> Outcome {
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal, output: output,
            errors: String(decoding: try streams.data("errors"), as: UTF8.self))
    }
}
