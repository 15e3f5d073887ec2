import Foundation
import PenstockBatch
import TestSupport

/// A folder in which somebody works: with LiveTomography and a scan, or with another pipeline.
final class Desk: Sendable {
    let folder: TestFolder
    let scheduler: SchedulerName
    private let pipeline: String
    private let variables: [String: String]
    /// What its programs find before those of the system.
    private let programs: ScriptedPrograms?

    /// What a program has left.
    struct Outcome: Sendable {
        let status: Int32
        let lines: [String]
        let errors: String

        var text: String { lines.joined(separator: "\n") }
    }

    /// A place to work at.
    /// - Parameter cluster: Where Slurm jobs go; by default the cluster of all tests.
    init(
        _ scheduler: SchedulerName, pipeline: String = "LiveTomography", cluster: SlurmCluster? = nil,
        programs: ScriptedPrograms? = nil
    ) throws {
        folder = try TestFolder()
        self.pipeline = pipeline
        self.scheduler = scheduler
        self.programs = programs
        // PBS is played by Slurm.
        let slurm = scheduler == .local ? nil : try cluster ?? SlurmCluster.shared()
        variables = (slurm?.environment ?? [:]).merging(programs?.environment ?? [:]) { $1 }
    }

    /// Runs the pipeline's program, or another one, to its end.
    @discardableResult
    func run(
        _ words: [String], by program: String? = nil, environment: [String: String] = [:]
    ) async throws -> Outcome {
        let child = try ChildProcess(
            program ?? pipeline, words, environment: variables.merging(environment) { $1 },
            launcher: ["env", "-C", folder.path])
        let status = try await child.ended()
        return Outcome(status: status, lines: child.lines, errors: child.errors)
    }

    /// Runs it to an end that has to be a good one.
    @discardableResult
    func succeed(_ words: String...) async throws -> Outcome {
        let outcome = try await run(words)
        guard outcome.status == 0 else { throw Failure(words, outcome) }
        return outcome
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ words: [String], _ outcome: Outcome) {
            description =
                "\(words.joined(separator: " ")): status \(outcome.status): \(outcome.errors)\n\(outcome.text)"
        }
    }

    /// Makes a scan of many half turns, so that a part of it is a scan as well.
    func makeScan(angles: Int) async throws {
        try await succeed(
            "phantom", "--output", "scan.h5", "--angles", "\(angles)", "--columns", "64", "--slices", "2", "--centre",
            "33")
    }

    /// The bytes of the volume that an uninterrupted run in this folder makes.
    func expectedVolume(_ options: [String] = []) async throws -> Data {
        let words = ["run"] + Self.options + options + ["--output", "expected.h5", "--log", "expected-log"]
        let outcome = try await run(words)
        guard outcome.status == 0 else { throw Failure(words, outcome) }
        return try folder.data("expected.h5")
    }

    /// What all runs are called with, apart from where their output goes.
    static let options = [
        "--input", "scan.h5", "--no-checksum", "--centre", "33", "--window", "180deg", "--every", "60deg",
    ]

    /// Submits a run, and gives its folder.
    func submit(_ options: [String]) async throws -> RunFolder {
        let words = ["submit", "--scheduler", scheduler.rawValue, "--cores", "1"] + options
        let outcome = try await run(words)
        guard outcome.status == 0, let id = outcome.lines.first?.split(separator: " ").dropFirst().first else {
            throw Failure(words, outcome)
        }
        return RunFolder(folder("runs/\(id.dropLast())"))
    }

    /// Waits for the end of a run.
    func wait(for run: RunFolder) async throws -> Outcome {
        try await self.run(["wait", run.path, "--timeout", "300"])
    }

    /// Sends a signal to the program of the job that works on a run, in the place of its batch script: the jobs of the tests are on this machine.
    @discardableResult
    static func signal(_ number: Int32, toJobOf run: RunFolder) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
        let jobs = processes.filter { process in
            let text = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return text.split(separator: "\0").suffix(2) == ["job", Substring(run.path)]
        }
        for job in jobs { kill(job, number) }
        return !jobs.isEmpty
    }

    /// How many processes run a program that lies, or lay, in a folder.
    static func programs(in folder: String) -> Int {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
        return processes.count { process in
            let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
            return program?.hasPrefix(folder + "/") ?? false
        }
    }

    /// All that a run has printed, for messages of tests.
    func logs(of run: RunFolder) -> String {
        let folder = run("log")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
        return names.map { "\n== \($0)\n" + ((try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) ?? "") }
            .joined()
    }
}
