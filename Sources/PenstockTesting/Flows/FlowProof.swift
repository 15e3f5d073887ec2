internal import PenstockEngine
internal import PenstockEvents

/// In how many other ways a script is run, to show that none of them changes an output.
public struct FlowProof: Sendable {
    /// The most events of a batch.
    public var batches = [1, 7, 4096]
    /// Instances of keyed stages.
    public var parallelism = [1, 2, 4]
    /// Random interleavings of the partitions, besides the script's own and each partition by itself, forwards and backwards.
    public var interleavings = 3
    /// Whether the run is broken off behind each event of the script, and goes on with another batch size and parallelism.
    public var crashes = true
    /// Decides the interleavings and where checkpoints are taken.
    public var seed: UInt64 = 1

    /// Every batch size, parallelism, interleaving, spacing of watermarks and crash point.
    public init() {}

    /// What was shown.
    public struct Report: Sendable, Hashable {
        /// The runs that were compared with the test's own.
        public let runs: Int
        /// How many of them were broken off and went on.
        public let crashes: Int
    }
}

extension FlowTest {
    /// Runs the script of this test, which has come to its end, in many other ways, and compares every row, record and count with what
    /// came of it here, bit by bit: with other batch sizes and parallelism, with the partitions read in another order, with watermarks
    /// behind every event and seldom, and broken off behind each event and restored.
    ///
    /// What has no place in the guarantee of replay differs: early rows, rows in the order of arrival, idle partitions. A script that
    /// moves the clock is run in its own order only, and broken off right behind a checkpoint only.
    /// - Throws: `FlowTestError.differs` with the way of running and the first row that is another.
    @discardableResult
    public func prove(_ proof: FlowProof = FlowProof()) async throws -> FlowProof.Report {
        guard run.hasEndedWell else {
            throw FlowTestError.misuse(
                problem: "the test has not come to its end, so there is nothing to compare with", hint: "end() it first"
            )
        }
        let expected = try await FlowOutcome(self, run)
        let ways = FlowWay.all(proof, script, withCrashes: proof.crashes && setup.keepsCheckpoints)
        for way in ways {
            let outcome = try await way.run(self)
            if let difference = outcome.difference(from: expected) {
                throw FlowTestError.differs(
                    problem: "\(way): \(difference)",
                    hint: "does a function of the pipeline depend on time, on chance, or on the order of arrival?")
            }
        }
        return FlowProof.Report(runs: ways.count, crashes: ways.count { !$0.crashes.isEmpty })
    }
}
