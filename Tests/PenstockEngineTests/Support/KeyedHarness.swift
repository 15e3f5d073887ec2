import PenstockEvents
import Testing

@testable import PenstockEngine

/// Drives a keyed window as a run does, on one thread: partitions, shuffle, instances, merge. The order in which partitions and
/// instances have their turn, and how often watermarks are sent, come from a seed.
struct KeyedHarness {
    let window: KeyedWindow
    let disorder: Disorder
    let aggregate: Aggregate
    var keyedByText = false
    let batch: Int
    let parallelism: Int
    /// Watermarks are sent with every so many batches.
    let spacing: Int
    private var random: SeededGenerator
    /// What is broken off and gone on with from snapshots, how often, and with which numbers of instances; nil for nothing.
    var restarts: Restarts?

    init(
        _ window: KeyedWindow, disorder: Disorder, _ aggregate: Aggregate, keyedByText: Bool = false, batch: Int,
        parallelism: Int, spacing: Int, seed: UInt64
    ) {
        self.window = window
        self.disorder = disorder
        self.aggregate = aggregate
        self.keyedByText = keyedByText
        self.batch = batch
        self.parallelism = parallelism
        self.spacing = spacing
        random = SeededGenerator(seed: seed)
    }

    /// Breaks the instances off and goes on with others in their place.
    struct Restarts {
        /// Once in so many turns.
        let onceIn: Int
        let parallelisms: [Int]
        fileprivate(set) var count = 0
        private var random: SeededGenerator

        init(onceIn: Int, parallelisms: [Int], seed: UInt64) {
            self.onceIn = onceIn
            self.parallelisms = parallelisms
            random = SeededGenerator(seed: seed)
        }

        /// The next number of instances, where it is time for a restart.
        fileprivate mutating func next() -> Int? {
            guard random.once(in: onceIn) else { return nil }
            count += 1
            return parallelisms.randomElement(using: &random)
        }
    }

    private struct Partition {
        var steps: ArraySlice<Step>
        var clock: PartitionClock
        var sequence: UInt64 = 0
    }

    /// The rows in the order in which they leave, and what was counted.
    mutating func run(_ partitions: [[Step]]) throws -> (rows: [Row], statistics: OperatorStatistics) {
        let (rows, statistics) = try run(partitions, Row.self)
        return (rows, statistics)
    }

    /// The same with rows of the type `TreeRow`.
    mutating func runTree(_ partitions: [[Step]]) throws -> (rows: [TreeRow], statistics: OperatorStatistics) {
        let (rows, statistics) = try run(partitions, TreeRow.self)
        return (rows, statistics)
    }

    private mutating func run<R>(_ partitions: [[Step]], _ type: R.Type) throws -> ([R], OperatorStatistics) {
        var inputs = partitions.map { Partition(steps: $0[...], clock: PartitionClock(disorder)) }
        var instances = (0..<parallelism).map { _ in Instance(makeWindows()) }
        var merge = Merge<R>(inputs: parallelism, batch: batch)
        var key: any Processor =
            keyedByText
            ? KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.name })
            : KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        var turns = 0
        var watermark = Timestamp.distantPast
        var counted = OperatorStatistics()
        while let index = inputs.indices.filter({ !inputs[$0].steps.isEmpty }).randomElement(using: &random) {
            let events = try read(&inputs[index], partition: index)
            turns += 1
            if turns % spacing == 0 {
                let open = inputs.filter { !$0.steps.isEmpty }.map(\.clock.watermark)
                watermark = max(watermark, open.min() ?? watermark)
            }
            if var batch = events {
                batch.watermark = watermark
                guard aggregate.isKeyed else {
                    try send(.batch(batch), to: &instances)
                    continue
                }
                for keyed in try key.outputs(.batch(batch)) { try send(keyed, to: &instances) }
            } else {
                try send(.watermark(watermark), to: &instances)
            }
            if let next = restarts?.next() {
                for at in instances.indices { try merge.take(from: at, &instances[at], upTo: .max) }
                counted = instances.map(\.windows.statistics).reduce(counted, +)
                instances = try restarted(instances, next)
                merge = try merge.restarted(inputs: next, batch: batch)
            }
            for at in instances.indices where random.once(in: 2) { try merge.take(from: at, &instances[at], upTo: 2) }
        }
        try send(.end, to: &instances)
        while let at = instances.indices.filter({ !instances[$0].outputs.isEmpty }).randomElement(using: &random) {
            try merge.take(from: at, &instances[at], upTo: 1)
        }
        return (merge.rows, instances.map(\.windows.statistics).reduce(counted, +))
    }

    /// Other instances that go on where these are.
    private func restarted(_ instances: [Instance], _ parallelism: Int) throws -> [Instance] {
        var state = StateWriter()
        for instance in instances { try instance.windows.snapshot(into: &state) }
        let new = try (0..<parallelism).map { at in
            var instance = Instance(makeWindows())
            try instance.windows.restore(
                state.chunks.filter { chunk in
                    chunk.group.map { KeyRouter.instance(ofGroup: UInt64($0), among: parallelism) == at } ?? true
                })
            return instance
        }
        guard parallelism == instances.count else { return new }
        var again = StateWriter()
        for instance in new { try instance.windows.snapshot(into: &again) }
        let isSame = again.chunks.filter { $0.group != nil } == state.chunks.filter { $0.group != nil }
        #expect(isSame, "what was restored is written in another way")
        return new
    }

    private mutating func read(_ input: inout Partition, partition: Int) throws -> Batch? {
        var events: [(time: Int64, sample: Sample)] = []
        while events.count < batch, case .event(let time, let sample)? = input.steps.first {
            events.append((time, sample))
            input.steps.removeFirst()
        }
        if events.isEmpty, case .mark(let time)? = input.steps.popFirst() {
            input.clock.observe(mark: Timestamp(nanoseconds: time))
        }
        guard !events.isEmpty else { return nil }
        let behind = try events.map(\.time).withUnsafeBufferPointer {
            try input.clock.observe($0.baseAddress!, count: events.count)
        }
        defer { input.sequence += UInt64(events.count) }
        return Batch(
            events, origin: Origin(stage: 0, partition: UInt32(partition)), sequence: input.sequence, behind: behind)
    }

    private func send(_ element: StreamElement, to instances: inout [Instance]) throws {
        guard let batch = element.batch, instances.count > 1 else {
            for at in instances.indices { try instances[at].accept(element) }
            return
        }
        for (at, part) in KeyRouter(instances: instances.count).split(batch).enumerated() {
            try instances[at].accept(part.map { .batch($0) } ?? .watermark(batch.watermark))
        }
    }

    private func makeWindows() -> any Processor {
        window.makeProcessor(
            WindowStageOptions(
                stage: testStage, aggregate: aggregate,
                origin: aggregate.isKeyed ? Origin(keyedStage: 1) : Origin(stage: 1, partition: 0), batchEvents: batch,
                input: ValueType(Sample.self)))
    }
}

/// One instance, and what it has put out but nobody has taken.
private struct Instance {
    var windows: any Processor
    var outputs: [StreamElement] = []

    init(_ windows: any Processor) { self.windows = windows }

    mutating func accept(_ element: StreamElement) throws { outputs += try windows.outputs(element) }
}

/// The stage behind the instances.
private struct Merge<R> {
    private var gate: InputGate
    private var merge: OrderedMerge
    private let inputs: Int
    private(set) var rows: [R] = []

    init(inputs: Int, batch: Int) {
        self.inputs = inputs
        gate = InputGate(inputs: Array(repeating: 0, count: inputs))
        merge = OrderedMerge(batchEvents: batch, of: ValueType(R.self))
    }

    /// Goes on with the rows of other instances. What waits for its turn is one instance, however many there are.
    func restarted(inputs: Int, batch: Int) throws -> Merge<R> {
        var new = Merge<R>(inputs: inputs, batch: batch)
        var state = StateWriter()
        try merge.snapshot(into: &state)
        #expect(inputs > 1 || !state.chunks.contains(where: OrderedMerge.holdsEvents))
        if self.inputs > 1, inputs > 1 { try new.merge.restore(state.chunks) }
        new.rows = rows
        return new
    }

    mutating func take(from input: Int, _ instance: inout Instance, upTo limit: Int) throws {
        for element in instance.outputs.prefix(limit) {
            guard let passed = gate.pass(element, from: input) else { continue }
            for output in inputs > 1 ? try merge.outputs(passed) : [passed] {
                rows += output.batch?.values(R.self) ?? []
            }
        }
        instance.outputs.removeFirst(min(limit, instance.outputs.count))
    }
}
