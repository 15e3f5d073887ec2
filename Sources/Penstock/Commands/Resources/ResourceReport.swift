internal import Foundation
internal import PenstockBatch
internal import PenstockEngine

/// What a pipeline asks of a machine: from its plan, from what it knows of its state, and from what earlier runs have used.
struct ResourceReport {
    /// Of the program and its libraries alone, before it reads anything.
    private static let programBytes = 64 << 20
    /// What is proposed on top of what is known.
    private static let memoryMargin = 1.25, timeMargin = 1.5

    let plan: PlanResources
    let needs: [MemoryNeed]
    let measured: MeasuredRuns
    let cores: Int

    /// Events of all inputs; nil where one of them cannot tell.
    var events: Int? {
        let known = plan.inputs.map { $0.expectation?.events }
        return known.contains(nil) || known.isEmpty ? nil : known.compactMap { $0 }.reduce(0, +)
    }

    /// Memory of a node.
    var memory: ByteCount {
        let known = Self.programBytes + plan.queueBytes + needs.reduce(0) { $0 + $1.bytes }
        return ByteCount(max(known, measured.peakBytes ?? 0))
    }

    /// How long a run takes; nil where nothing is known of that.
    var seconds: Double? { events.flatMap { measured.seconds(for: $0, cores: cores) } }

    /// The walltime that is proposed: whole minutes, and half as long again as was measured.
    var walltime: Walltime? {
        seconds.map { Walltime(seconds: max(1, Int(($0 * Self.timeMargin / 60).rounded(.up))) * 60) }
    }

    /// Why a walltime cannot hold the run; nil where it can, or nobody knows.
    func shortage(_ walltime: Walltime, jobs: Int) -> String? {
        guard let seconds, seconds > Double(walltime.seconds * jobs) else { return nil }
        let expected = Walltime(seconds: Int(seconds.rounded(.up)))
        let given = jobs == 1 ? "a walltime of \(walltime)" : "\(jobs) jobs of \(walltime)"
        return
            "\(given) cannot hold it: by \(measured.runs[0].name) and earlier runs it takes \(expected); give --walltime, or --chain \(Int((seconds / Double(walltime.seconds) * Self.timeMargin).rounded(.up)))"
    }

    /// What there is to say, as a heading and a text each.
    var lines: [String] {
        var rows: [(String, String)] = []
        for input in plan.inputs {
            let size = input.expectation.map { ": \($0.events) events, \(Self.text($0.bytes))" } ?? ": of unknown size"
            rows.append(("input", input.summary + size))
        }
        for need in needs { rows.append(("memory", "\(Self.text(need.bytes)) for \(need.purpose)")) }
        rows.append(("memory", "\(Self.text(plan.queueBytes)) at most in the channels between stages"))
        rows.append(("memory", "\(Self.text(Self.programBytes)) for the program"))
        if let peak = measured.peakBytes {
            rows.append(("memory", "\(Self.text(peak)) at most in \(Self.runs(measured.runs.count)) before"))
        }
        rows.append(("cores", "\(plan.threads) at most can be busy"))
        if let why = plan.whyOneNode {
            rows.append(("nodes", "1: \(why)"))
        } else {
            rows.append(("nodes", "\(plan.nodes) at most, one for each partition"))
        }
        if let seconds, let run = measured.runs.first {
            rows.append(
                (
                    "time",
                    "about \(Self.time(seconds)) on \(cores) \(cores == 1 ? "core" : "cores"), by \(Self.runs(measured.runs.count)) before (\(run.name): \(run.events) events in \(Self.time(run.seconds)), \(Self.time(run.processorSeconds)) of processors)"
                ))
        } else if events == nil {
            rows.append(("time", "unknown: an input does not say how much it will give"))
        } else {
            rows.append(("time", "unknown: no run of this pipeline was completed here; a short one tells the rate"))
        }
        let walltime = walltime.map { " --walltime \($0)" } ?? ""
        rows.append(
            ("proposal", "submit --nodes 1 --cores \(min(cores, plan.threads)) --memory \(proposedMemory)\(walltime)"))
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }
    }

    /// Whole multiples of 256 MiB.
    private var proposedMemory: String {
        let step = 256.0 * 1_048_576
        let steps = Int((Double(memory.bytes) * Self.memoryMargin / step).rounded(.up))
        return steps % 4 == 0 ? "\(steps / 4)GiB" : "\(steps * 256)MiB"
    }

    private static func runs(_ count: Int) -> String { "\(count) \(count == 1 ? "run" : "runs")" }

    private static func text(_ bytes: Int) -> String { bytes > 0 ? "\(ByteCount(bytes))" : "nothing" }

    private static func time(_ seconds: Double) -> String {
        seconds < 10 ? String(format: "%.1f s", seconds) : "\(Walltime(seconds: Int(seconds.rounded(.up))))"
    }
}

extension ResourceReport {
    /// Of a pipeline, with its log where there is one.
    static func of<P: Pipeline>(
        _ pipeline: P, _ settings: RunSettings, isReplay: Bool, runs: String, cores: Int
    ) async throws -> ResourceReport {
        let plan = try PhysicalPlan(pipeline.flows(), parallelism: settings.parallelism, isReplay: isReplay)
        // Where there is no log yet, there are no topics to look at.
        let log = plan.usesTopics ? try? await settings.openLog(for: "\(P.self)") : nil
        return ResourceReport(
            plan: try await plan.resources(in: log), needs: try pipeline.memoryNeeds(threads: settings.parallelism),
            measured: MeasuredRuns(of: "\(P.self)", in: runs), cores: cores)
    }
}
