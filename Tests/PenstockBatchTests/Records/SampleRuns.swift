import Foundation
import TestSupport

@testable import PenstockBatch

/// Folders of runs that nobody has run, with what a run would have left.
struct SampleRuns {
    let folder = try! TestFolder()

    /// 2026-03-01 12:00:00 UTC.
    static let noon = Date(timeIntervalSince1970: 1_772_366_400)
    static let sha = String(repeating: "ab", count: 32)

    var runs: String { folder("runs") }

    /// Makes a run.
    /// - Parameters:
    ///   - attempts: How each of them ended, and how long it ran, in seconds; one begins an hour after the other.
    @discardableResult
    func make(
        _ name: String, submitted: Date = noon, attempts: [(StatusRecord.Outcome, Double)] = [(.completed, 90)],
        files: RunFiles? = nil, _ change: (inout RunManifest) -> Void = { _ in }
    ) throws -> RunFolder {
        let run = RunFolder("\(runs)/\(name)")
        try run.make()
        let spec = JobSpec(
            name: name, executable: "/bin/true", directory: folder.path, stdoutPath: run("log/job.out"),
            attributes: JobAttributes(duration: Walltime(seconds: 7200)))
        var manifest = RunManifest(
            run: name, pipeline: "LiveTomography", command: ["run"],
            arguments: ["--input", "scan.h5", "--centre", "33"],
            parameters: ["input": "scan.h5", "output": "volume.h5", "centre": "33.0", "filter": "shepp"],
            changed: ["centre", "input"], inputs: [NamedPath("input", "scan.h5")],
            outputs: [NamedPath("output", "volume.h5")], created: submitted, user: "ada", host: "login1",
            scheduler: .local,
            program: .init(
                path: "\(runs)/.programs/\(Self.sha.prefix(16))/LiveTomography", origin: "/opt/LiveTomography",
                sha256: Self.sha, bytes: 4096),
            source: SourceState(commit: "c0ffee", branch: "main", isModified: true), spec: spec,
            chain: ChainRule(jobs: 3))
        change(&manifest)
        try run.write(manifest)
        try folder.write("{}", to: "runs/\(name)/plan.json")
        for (index, (outcome, seconds)) in attempts.enumerated() {
            let start = submitted.addingTimeInterval(Double(index) * 3600)
            var record = StatusRecord(
                run: name, attempt: index + 1, jobID: "local-\(index + 1)", host: "n1", started: start, deadline: nil)
            record.outcome = outcome
            record.exit = outcome == .failed ? 70 : nil
            record.reason = outcome == .completed ? nil : outcome == .handedOver ? "walltime" : "the scan is empty"
            record.beat = start.addingTimeInterval(seconds)
            record.ended = outcome == .running ? nil : record.beat
            record.checkpoint = 40 + UInt64(index)
            (record.processorSeconds, record.peakBytes) = (12.5, 3 << 20)
            _ = try run.begin(record)
            try run.end(record)
        }
        if let files { try run.write(files) }
        return run
    }

    /// A file beside the runs, and what is known of it.
    func file(_ option: String, _ path: String, _ text: String) throws -> FileRecord {
        try folder.write(text, to: path)
        var record = FileRecord(option, at: path, in: folder.path)
        record.addChecksums(in: folder.path)
        return record
    }
}
