import Foundation
import TestSupport
import Testing

/// What a run of the program left: its exit status and what it printed.
struct Outcome {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let errors: String

    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// The program under test, started as a process in a folder of its own.
final class Program {
    /// The folder of the test bundle is that of the program.
    static let path: String = {
        var name = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &name, name.count - 1)
        let bundle = String(decoding: name.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let beside = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("MOFScreening")
            .path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        // A test bundle that a helper of the toolchain loads is named in the helper's arguments.
        let named = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: named).deletingLastPathComponent().appendingPathComponent("MOFScreening").path
    }()

    private let process = Process()
    /// What it prints, out of the way of what it makes.
    private let streams: TestFolder

    /// Starts the program; names of files in `arguments` are taken relative to the folder. Variables are added to the environment.
    init(_ arguments: [String], environment: [String: String] = [:], in folder: TestFolder) throws {
        streams = try TestFolder()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: streams.write("", to: "output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: streams.write("", to: "errors")))
        try process.run()
    }

    /// Runs the program to its end.
    @discardableResult
    static func run(_ arguments: String..., in folder: TestFolder) throws -> Outcome { try run(arguments, in: folder) }

    /// Runs the program to its end.
    @discardableResult
    static func run(
        _ arguments: [String], environment: [String: String] = [:], in folder: TestFolder
    ) throws -> Outcome {
        try Program(arguments, environment: environment, in: folder).wait()
    }

    /// Runs the program to its end, which has to be a good one.
    static func succeed(_ arguments: String..., in folder: TestFolder) throws {
        try succeed(arguments, in: folder)
    }

    /// Runs the program to its end, which has to be a good one.
    static func succeed(_ arguments: [String], in folder: TestFolder) throws {
        let outcome = try run(arguments, in: folder)
        try #require(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
    }

    /// What it printed to standard error so far.
    var errors: String { String(decoding: (try? streams.data("errors")) ?? Data(), as: UTF8.self) }

    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// The largest number that a complete line of `--progress json` gave for acknowledged structures.
    var acknowledged: Int { Progress.acknowledged(in: errors) }

    /// Waits until so many structures are acknowledged; false where the program ended before.
    func waitForAcknowledged(_ count: Int) throws -> Bool {
        while acknowledged < count {
            guard isRunning else { return false }
            usleep(2000)
        }
        return true
    }

    func wait() throws -> Outcome {
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            output: try streams.text("output"),
            errors: errors)
    }
}

/// The lines of `--progress json`.
enum Progress {
    static func lines(in errors: String) -> [[String: Double]] {
        // A line without its end may be cut.
        errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap {
            try? JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
        }
    }

    static func acknowledged(in errors: String) -> Int {
        Int(lines(in: errors).compactMap { $0["structures_acknowledged"] }.max() ?? 0)
    }
}
