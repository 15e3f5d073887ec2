import Foundation
import TestSupport
import Testing

/// A program beside the tests, which is killed at the end of a test whatever happens.
///
/// What it prints goes through a file, so that nobody has to read for it to go on.
final class PeerProcess: Sendable {
    let pid: pid_t
    private let folder: TestFolder
    private let process: Process

    /// Starts a program that lies beside the tests, or with `launcher` in front of it, such as `ip netns exec …`.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], launcher: [String] = []
    ) throws {
        folder = try TestFolder()
        try folder.write("", to: "output")
        try folder.write("", to: "errors")
        process = Process()
        let command = launcher + [try Self.path(of: program)] + arguments
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("errors")))
        try process.run()
        pid = process.processIdentifier
    }

    deinit { if process.isRunning { Foundation.kill(pid, SIGKILL) } }

    var isRunning: Bool { process.isRunning }

    /// The lines that it has printed as a whole.
    var lines: [String] {
        let text = (try? folder.text("output")) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    var errors: String { (try? folder.text("errors")) ?? "" }

    func signal(_ number: Int32) { Foundation.kill(pid, number) }

    /// Kills it, and waits until it is gone.
    func kill() async throws {
        signal(SIGKILL)
        try await ended()
    }

    /// Waits for the end, and gives the status.
    @discardableResult
    func ended() async throws -> Int32 {
        try await eventually("the end of \(process.arguments ?? [])") { !process.isRunning }
        return process.terminationStatus
    }

    /// Waits for a line that begins like this, behind the first `skipped` lines, and gives the rest of it.
    @discardableResult
    func line(_ beginning: String, after skipped: Int = 0) async throws -> String {
        var found: String?
        try await eventually("\"\(beginning)\" of \(process.arguments ?? []): \(errors)") {
            found = lines.dropFirst(skipped).first { $0.hasPrefix(beginning) }
            if found == nil, !process.isRunning {
                found = lines.dropFirst(skipped).first { $0.hasPrefix(beginning) }
                if found == nil { throw PeerFailure("it has ended without \"\(beginning)\": \(errors)") }
            }
            return found != nil
        }
        return String(found?.dropFirst(beginning.count) ?? "")
    }

    /// Processor seconds that it has taken so far.
    var processorSeconds: Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        // Behind the name in parentheses, the fields begin with the third.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func path(of program: String) throws -> String {
        var folder = Bundle.main.executableURL?.deletingLastPathComponent() ?? URL(fileURLWithPath: "/")
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent(program)
            if FileManager.default.isExecutableFile(atPath: candidate.path), !candidate.hasDirectoryPath {
                return candidate.path
            }
            folder.deleteLastPathComponent()
        }
        throw PeerFailure("\(program) does not lie beside the tests")
    }
}

struct PeerFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Waits until something is so, however slow the machine is, but not for ever.
func eventually(_ what: @autoclosure () -> String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(180)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw PeerFailure("waited in vain for " + what()) }
        try await Task.sleep(for: .milliseconds(10))
    }
}
