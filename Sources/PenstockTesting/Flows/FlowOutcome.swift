internal import PenstockEngine
internal import PenstockEvents

/// All that comes of a run, bit by bit.
struct FlowOutcome: Sendable, Hashable {
    struct Output: Sendable, Hashable {
        let name: String
        let rows: [String]
    }

    /// What the sinks of the test hold, the topics that the run has written, and what its stages have counted.
    let outputs: [Output]
    /// The checkpoints from which runs went on, by their numbers: 1 is the one of the beginning.
    let restored: [UInt64]
    /// Whether an output has not come to its end.
    let isUnfinished: Bool

    /// What has come of a run of a test's pipeline, which was the last one.
    init(_ test: FlowTest, _ run: FlowRun) async throws {
        let counts = await run.counts().sorted { $0.key < $1.key }.map { stage, counts in
            "\(stage): late \(counts.lateEvents), late windows \(counts.lateWindows), outside \(counts.outsideEvents), "
                + "future \(counts.futureEvents)"
        }
        outputs =
            test.observed.map { Output(name: $0.name, rows: $0.exactRows) }
            + (try await run.topics()) + [Output(name: "the counts", rows: counts)]
        restored = run.restored
        isUnfinished = !run.hasEndedWell
    }

    /// The first difference, in words.
    func difference(from expected: FlowOutcome) -> String? {
        if isUnfinished { return "the run did not come to its end" }
        for (now, was) in zip(outputs, expected.outputs) {
            for (number, (row, wanted)) in zip(now.rows, was.rows).enumerated() where row != wanted {
                return "row \(number) of \(was.name) is \(row), and was \(wanted)"
            }
            if now.rows.count != was.rows.count {
                let common = min(now.rows.count, was.rows.count)
                let more = (now.rows.count > common ? now.rows : was.rows)[common]
                return
                    "\(was.name) has \(now.rows.count) rows, and had \(was.rows.count); the first that only one has is "
                    + more
            }
        }
        return outputs.count == expected.outputs.count ? nil : "there are other outputs"
    }
}
