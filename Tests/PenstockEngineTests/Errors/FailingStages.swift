import PenstockEvents

@testable import PenstockEngine

extension Sample {
    /// Whether the stages under test fail for it.
    var isBad: Bool { number % 10 == 7 }
}

extension StageDescription {
    func onError(_ policy: ErrorPolicy) -> StageDescription {
        var stage = self
        stage.onError = policy
        return stage
    }

    static func letters(_ side: SideOutputName) -> StageDescription { StageDescription(.side(side), label: "From") }

    /// Fails for bad samples.
    static let failingMap: StageDescription = .map { (s: Sample) in
        guard !s.isBad else { throw Failure() }
        return Sample(key: s.key, number: s.number * 10, float: s.float)
    }

    static let failingFilter: StageDescription = .filter { (s: Sample) in
        guard !s.isBad else { throw Failure() }
        return s.number % 3 > 0
    }

    /// Gives bad samples no key.
    static let failingKeyBy = StageDescription(
        .keyBy(
            KeyKernel(fixedWidth: { rows, input, hashes in
                let values = input.assumingMemoryBound(to: Sample.self)
                for k in 0..<rows.count {
                    let sample = values[rows[k]]
                    let key = sample.isBad ? Double.nan : Double(sample.key)
                    guard key.isUsable else { return KernelOutcome(failedAt: k, UnusableKey(key)) }
                    hashes[rows[k]] = SplitMix64.mix(sample.key.canonicalInteger)
                }
                return KernelOutcome(processed: rows.count)
            }), keyType: "Double"), label: "KeyBy")

    /// Writes down how it was folded, and changes its state before it fails.
    static func failingTrees(_ window: KeyedWindow, isKeyed: Bool = true, _ emission: Emission = Emission())
        -> StageDescription
    {
        var kernel = AggregateKernel(FailingTree(), name: "failing tree")
        kernel.addsMayThrow = true
        let tree = Aggregate.treeText(isKeyed: isKeyed, emission)
        return .aggregate(
            window,
            Aggregate(kernel, row: tree.row, isKeyed: isKeyed, emission: emission, makeRows: tree.makeRows))
    }
}

private struct FailingTree: Aggregator {
    private let tree = TreeText()

    func makeState() -> String { "" }

    func add(_ sample: Sample, at place: EventPlace, to state: inout String) throws {
        tree.add(sample, at: place, to: &state)
        guard !sample.isBad else { throw Failure() }
    }

    func merge(_ later: String, into state: inout String) { tree.merge(later, into: &state) }

    func result(of state: String, in window: WindowSpan) -> String { state }
}

/// A ledger that has changed everything that it keeps before it fails.
struct FailingLedger: KeyedProcess {
    typealias Key = Int64
    let ledger = Ledger()

    var states: [any StateDescriptor] { ledger.states }

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) throws {
        try ledger.process(event, state: state, timers: &timers, output: &output, context: context)
        guard event.isBad else { return }
        timers.set("bad", at: context.clock + 1)
        timers.set("bad now", at: context.clock)
        throw Failure()
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) {
        ledger.onTimer(timer, state: state, timers: &timers, output: &output, context: context)
    }
}

/// Sums numbers, and says for which event it fails.
struct CarefulRunning: Operator {
    static let namesFailedEvents = true

    struct State: Snapshotable {
        var total: Int64 = 0

        func snapshot(into records: inout RecordWriter) {
            records.append(Note("\(total)"))
        }

        init() {}

        init(restoring records: [RecordReader]) throws(RecordError) {
            var reader = records[0]
            total = Int64(try Note(reading: &reader).text) ?? 0
        }
    }

    func makeState() -> State { State() }

    func process(
        _ events: Events<Sample>, state: inout State, into output: inout Output<Int64>, context: OperatorContext
    ) throws {
        for (position, event) in events.enumerated() {
            guard !event.value.isBad else { throw EventFailure(at: position, Failure()) }
            state.total += event.value.number
            output.append(state.total, time: event.time)
        }
    }
}

extension JoinKernel {
    /// Pairs of samples, but not of bad left ones.
    static func failingPairs(_ kind: JoinKind) -> JoinKernel {
        let pairs = JoinKernel.pairs(kind)
        guard case .pairs(_, let run) = pairs.form else { preconditionFailure("no pairs") }
        return JoinKernel(left: pairs.left, right: pairs.right, output: pairs.output, kind: kind) {
            pairs, count, output in
            for k in 0..<count {
                if pairs[k].left?.assumingMemoryBound(to: Sample.self).pointee.isBad == true {
                    return KernelOutcome(failedAt: k, Failure())
                }
                _ = run(pairs + k, 1, output + k * MemoryLayout<JoinRow>.stride)
            }
            return KernelOutcome(processed: count)
        }
    }
}
