package import Foundation
internal import PenstockEvents

/// A program beside the tests, or one of the system's, which is killed at the end of a test whatever happens: with this, and by the kernel
/// where the process of the tests is killed itself.
///
/// What it prints goes through a file, so that nobody has to read for it to go on.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let folder: TestFolder
    private let process: Process
    private let input: FileHandle?
    private let output: Guarded<Output>

    /// What has been read of its output.
    private struct Output {
        let file: FileHandle
        var lines: [String] = []
        var rest = Data()
    }

    /// Starts a program that lies beside the tests, or that a path names.
    /// - Parameters:
    ///   - launcher: What is written in front of it, such as `nsenter …`.
    ///   - isAsked: Whether it reads what `tell` writes; otherwise there is nothing to read.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], launcher: [String] = [],
        isAsked: Bool = false
    ) throws {
        folder = try TestFolder()
        try folder.write("", to: "output")
        try folder.write("", to: "errors")
        process = Process()
        let path = program.hasPrefix("/") ? program : try Self.path(of: program)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = Nursery.fate + launcher + [path] + arguments
        // One that crashes tells where.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_BACKTRACE": "enable=yes"]) { _, new in new }.merging(environment) { _, new in new }
        let pipe = isAsked ? Pipe() : nil
        input = pipe?.fileHandleForWriting
        if let pipe { process.standardInput = pipe } else { process.standardInput = FileHandle.nullDevice }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("errors")))
        output = Guarded(Output(file: try FileHandle(forReadingFrom: URL(fileURLWithPath: folder("output")))))
        try Nursery.start(process)
        pid = process.processIdentifier
    }

    deinit { end() }

    package var isRunning: Bool { process.isRunning }

    /// The lines that it has printed as a whole.
    package var lines: [String] {
        output.withLock { output in
            output.rest += (try? output.file.readToEnd()) ?? Data()
            while let end = output.rest.firstIndex(of: UInt8(ascii: "\n")) {
                output.lines.append(String(decoding: output.rest[..<end], as: UTF8.self))
                output.rest = output.rest[(end + 1)...]
            }
            return output.lines
        }
    }

    package var errors: String { (try? folder.text("errors")) ?? "" }

    package func signal(_ number: Int32) { Foundation.kill(pid, number) }

    /// Stops it until SIGCONT, and waits until each of its threads stands still: on a busy machine some run on after the signal.
    package func stop() async throws {
        signal(SIGSTOP)
        try await eventually("\(process.arguments ?? []) to stand still") {
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
            return threads.allSatisfy { thread in
                let status = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)
                // One that has ended meanwhile has no status.
                return status?.contains("\nState:\tT") ?? true
            }
        }
    }

    /// Writes a line to its input.
    package func tell(_ line: String) throws { try input?.write(contentsOf: Data((line + "\n").utf8)) }

    /// Kills it, and waits until it is gone.
    package func kill() async throws {
        signal(SIGKILL)
        try await ended()
    }

    /// As `kill`, where nobody can wait in a task.
    package func end() {
        guard process.isRunning else { return }
        signal(SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for the end, and gives the status.
    @discardableResult
    package func ended() async throws -> Int32 {
        try await eventually("the end of \(process.arguments ?? [])") { !process.isRunning }
        return process.terminationStatus
    }

    /// Waits for a line that begins like this, behind the first `skipped` lines, and gives the rest of it.
    @discardableResult
    package func line(_ beginning: String, after skipped: Int = 0) async throws -> String {
        var found: String?
        try await eventually("\"\(beginning)\" of \(process.arguments ?? []): \(errors)") {
            let hasEnded = !process.isRunning
            found = lines.dropFirst(skipped).first { $0.hasPrefix(beginning) }
            if found == nil, hasEnded { throw ChildFailure("it has ended without \"\(beginning)\": \(errors)") }
            return found != nil
        }
        return String(found?.dropFirst(beginning.count) ?? "")
    }

    /// Processor seconds that it has taken so far.
    package var processorSeconds: Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most mebibytes of memory that it has had, files that it has mapped included.
    package var mostMemory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? .max) >> 10
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
        throw ChildFailure("\(program) does not lie beside the tests")
    }
}

/// A thread that starts processes and stays: the kernel ends what it has started when it ends, which is with the process of the tests.
private final class Nursery: Sendable {
    /// What has the kernel do so, where it is installed.
    static let fate: [String] = {
        let program = "/usr/bin/setpriv"
        return FileManager.default.isExecutableFile(atPath: program) ? [program, "--pdeathsig", "KILL"] : []
    }()

    private static let shared = Nursery()
    private let due = Guarded<[@Sendable () -> Void]>([])
    private let arrivals = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [due, arrivals] in
            while true {
                arrivals.wait()
                due.withLock { $0.removeFirst() }()
            }
        }
        thread.start()
    }

    static func start(_ process: Process) throws {
        let (outcome, isDone) = (Guarded<(any Error)?>(nil), DispatchSemaphore(value: 0))
        shared.due.withLock { due in
            due.append {
                do { try process.run() } catch { outcome.withLock { $0 = error } }
                isDone.signal()
            }
        }
        shared.arrivals.signal()
        isDone.wait()
        if let error = outcome.withLock({ $0 }) { throw error }
    }
}

package struct ChildFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Waits until something is so, however slow the machine is, but not for ever.
package func eventually(_ what: @autoclosure () -> String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(240)
    var pause = Duration.microseconds(100)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw ChildFailure("waited in vain for " + what()) }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(10))
    }
}
