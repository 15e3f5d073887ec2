internal import Foundation
internal import PenstockEvents

/// A real Slurm of virtual nodes `n1`, `n2`, … on this machine, for tests, by `Tests/Support/slurm-cluster`.
///
/// It ends with the test process at the latest, however that ends: a process that has left its session waits for the end of a pipe from it.
/// Calls wait for programs; none takes longer than a few seconds.
package final class SlurmCluster: Sendable {
    package static let isInstalled = ["munged", "slurmctld", "slurmd", "sbatch"].allSatisfy { path(of: $0) != nil }
    package static let missing = "Slurm is not installed (Scripts/install-dependencies --testing)"

    /// What Slurm says of a job.
    package struct Job: Sendable, Equatable {
        /// For a task of an array `ARRAY_INDEX`.
        package let id: String
        /// In Slurm's words, as `RUNNING` and `NODE_FAIL`.
        package let state: String
        /// Why it waits, or why it has ended; `None` where there is nothing to say.
        package let reason: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where its configuration, state, logs and records of processes are.
    package let prefix: String
    /// What a program needs in its environment to find this cluster: SLURM_CONF.
    package var environment: [String: String] { ["SLURM_CONF": prefix + "/slurm.conf"] }

    private let holder: Process
    private let input: FileHandle

    /// A cluster of 4 nodes for all tests that harm no node, started at the first call.
    package static func shared() throws -> SlurmCluster { try common.get() }

    private static let common = Result { try SlurmCluster() }

    /// Starts one, and returns when all nodes are there.
    package init(nodes: Int = 4) throws {
        // Sockets have short names.
        let temporary = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
        let pipe = Pipe()
        input = pipe.fileHandleForWriting
        var failures: [String] = []
        // The ports were free a moment ago.
        for _ in 0..<3 {
            let port = try Self.freePorts.first(of: nodes + 1)
            let prefix = "\(temporary.utf8.count < 50 ? temporary : "/tmp")/penstock-slurm-\(getpid())-\(port)"
            let output = Pipe()
            let process = Self.script(
                ["hold", "--prefix", prefix, "--nodes", "\(nodes)", "--base-port", "\(port)"],
                launcher: ["setsid", "--wait"])
            process.standardInput = pipe
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let said = Self.read(output, until: "export SLURM_CONF=")
            if said.contains("export SLURM_CONF=") {
                (holder, self.prefix) = (process, prefix)
                return
            }
            process.waitUntilExit()
            failures.append(said)
        }
        throw Failure(description: failures.joined(separator: "\n"))
    }

    deinit { stop() }

    /// Cancels all jobs and stops it; its files go too.
    package func stop() {
        try? input.close()
        holder.waitUntilExit()
    }

    /// Runs a program to its end in the environment of this cluster, and gives what it has printed, without blanks and line ends around it.
    /// - Parameters:
    ///   - command: The program, by name or path, and its arguments.
    ///   - folder: Where it runs, by default where the tests run.
    ///   - variables: What is in its environment besides.
    /// - Throws: `Failure` where it fails, with what it has printed on standard error.
    @discardableResult
    package func run(
        _ command: String..., in folder: String? = nil, environment variables: [String: String] = [:]
    ) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        // Those who run the tests as a job have variables of another Slurm.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SLURM") }
            .merging(environment) { _, new in new }.merging(variables) { _, new in new }
        return try Self.output(of: process)
    }

    /// The jobs that the controller remembers, those that have ended included, by number.
    package func jobs() throws -> [Job] {
        let text = try run("squeue", "--noheader", "--array", "--states=all", "--sort=i", "--format=%i|%T|%r")
        return try text.split(separator: "\n").map { line in
            let fields = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { throw Failure(description: "squeue has printed: \(line)") }
            return Job(id: fields[0], state: fields[1], reason: fields[2])
        }
    }

    /// What Slurm says of one job; nil where it does not know it.
    package func job(_ id: String) throws -> Job? { try jobs().first { $0.id == id } }

    /// Waits until a job is in one of these states, and gives which.
    @discardableResult
    package func wait(for id: String, _ states: String...) async throws -> Job {
        var job: Job?
        try await eventually("job \(id) to be \(states.joined(separator: " or ")); it is \(String(describing: job))") {
            job = try self.job(id)
            return job.map { states.contains($0.state) } ?? false
        }
        guard let job else { throw Failure(description: "there is no job \(id)") }
        return job
    }

    /// Cancels all jobs, and waits until none runs or ends.
    package func cancelAll() async throws {
        try run("scancel", "--user", "\(getuid())")
        try await eventually("the jobs to end: \((try? jobs()) ?? [])") {
            try run("squeue", "--noheader", "--format=%i").isEmpty
        }
    }

    /// Kills all processes of a node, as a power cut does, and sets it down.
    package func kill(node: String) throws {
        _ = try Self.output(of: Self.script(["kill-node", "--prefix", prefix, node]))
    }

    /// Starts a killed node again, and waits until it is idle.
    package func revive(node: String) throws {
        _ = try Self.output(of: Self.script(["revive-node", "--prefix", prefix, node]))
    }

    // MARK: - Programs

    private static func script(_ arguments: [String], launcher: [String] = []) -> Process {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Support/slurm-cluster").standardizedFileURL.path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // Children of a test process have signals blocked: daemons, and the jobs that they start, would too.
        process.arguments = ["--default-signal"] + launcher + [script] + arguments
        return process
    }

    private static func output(of process: Process) throws -> String {
        let folder = try TestFolder()
        let (output, errors) = (Pipe(), try folder.write("", to: "errors"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let command = (process.arguments ?? []).joined(separator: " ")
            throw Failure(
                description: "\(command): status \(process.terminationStatus): \((try? folder.text("errors")) ?? "")")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Reads what a process prints until a line of it begins like this, or to the end.
    private static func read(_ pipe: Pipe, until beginning: String) -> String {
        var text = ""
        while true {
            let data = pipe.fileHandleForReading.availableData
            text += String(decoding: data, as: UTF8.self)
            if data.isEmpty || text.split(separator: "\n").contains(where: { $0.hasPrefix(beginning) }) { return text }
        }
    }

    /// Where a program is: in PATH, or where daemons are, which a user's PATH may not name.
    static func path(of program: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/sbin", "/sbin"]).map { $0 + "/" + program }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static let freePorts = FreePorts()
}
