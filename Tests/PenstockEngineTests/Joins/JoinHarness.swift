import PenstockEvents

@testable import PenstockEngine

/// Drives a join as a run does, on one thread: partitions of both sides, shuffle, instances, merge. The order of turns comes from a seed. On
/// the way the instances may be stopped, and others, perhaps of another number, go on with what they knew.
struct JoinHarness {
    let operation: AnyOperator
    /// Of the left and the right side.
    let disorder: [Disorder]
    let batch: Int
    let keyedByText: Bool
    /// The instances are replaced once in so many turns; 0 for never.
    let restores: Int
    /// The numbers of instances that go on.
    var parallelisms = [1, 2, 4]
    private var random: SeededGenerator
    private var instances: [Instance] = []
    private var merge: RowMerge
    private(set) var statistics = OperatorStatistics()
    /// The most rows that the join gave at once.
    private(set) var largestBatch = 0

    init(
        _ operation: AnyOperator, disorder: [Disorder], batch: Int, parallelism: Int, restores: Int = 0,
        keyedByText: Bool = false, seed: UInt64
    ) {
        self.operation = operation
        self.disorder = disorder
        self.batch = batch
        self.restores = restores
        self.keyedByText = keyedByText
        random = SeededGenerator(seed: seed)
        merge = RowMerge(inputs: parallelism, batch: batch)
        instances = (0..<parallelism).map { _ in Instance(makeProcessor()) }
    }

    private struct Partition {
        let side: Int
        let number: Int
        var steps: ArraySlice<Step>
        var clock: PartitionClock
        var sequence: UInt64 = 0
    }

    private struct Instance {
        var gate = InputGate(inputs: [0, 1])
        var join: any Processor
        var outputs: [StreamElement] = []

        init(_ join: any Processor) { self.join = join }

        mutating func accept(_ element: StreamElement, from side: Int) throws {
            guard let passed = gate.pass(element, from: side) else { return }
            outputs += try join.outputs(passed)
        }
    }

    /// The rows in the order in which they leave.
    mutating func run(_ sides: [[[Step]]]) throws -> [JoinRow] {
        var partitions = sides.enumerated().flatMap { side, partitions in
            partitions.enumerated().map { number, steps in
                Partition(side: side, number: number, steps: steps[...], clock: PartitionClock(disorder[side]))
            }
        }
        var watermarks = [Timestamp.distantPast, .distantPast]
        var hasEnded = [false, false]
        while true {
            for side in 0...1
            where !hasEnded[side] && !partitions.contains(where: { $0.side == side && !$0.steps.isEmpty }) {
                hasEnded[side] = true
                for at in instances.indices { try instances[at].accept(.end, from: side) }
            }
            guard let index = partitions.indices.filter({ !partitions[$0].steps.isEmpty }).randomElement(using: &random)
            else { break }
            let side = partitions[index].side
            let events = try read(&partitions[index])
            let open = partitions.filter { $0.side == side && !$0.steps.isEmpty }.map(\.clock.watermark)
            watermarks[side] = max(watermarks[side], open.min() ?? watermarks[side])
            try send(events, side, watermarks[side])
            for at in instances.indices where random.once(in: 2) { try drain(at, 2) }
            if restores > 0, random.once(in: restores) { try replace(hasEnded) }
        }
        while let at = instances.indices.filter({ !instances[$0].outputs.isEmpty }).randomElement(using: &random) {
            try drain(at, 1)
        }
        for instance in instances { statistics = statistics + instance.join.statistics }
        return merge.rows
    }

    private mutating func drain(_ at: Int, _ limit: Int) throws {
        largestBatch = instances[at].outputs.reduce(largestBatch) { max($0, $1.batch?.count ?? 0) }
        try merge.take(instances[at].outputs.prefix(limit), from: at)
        instances[at].outputs.removeFirst(min(limit, instances[at].outputs.count))
    }

    private mutating func send(_ events: Batch?, _ side: Int, _ watermark: Timestamp) throws {
        guard var batch = events else {
            for at in instances.indices { try instances[at].accept(.watermark(watermark), from: side) }
            return
        }
        batch.watermark = watermark
        var key: any Processor =
            keyedByText
            ? KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.name })
            : KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        guard let keyed = try key.outputs(.batch(batch)).first?.batch else { return }
        for (at, part) in KeyRouter(instances: instances.count).split(keyed).enumerated() {
            try instances[at].accept(part.map { .batch($0) } ?? .watermark(watermark), from: side)
        }
    }

    /// Writes down what the instances know and lets others go on with it.
    private mutating func replace(_ hasEnded: [Bool]) throws {
        for at in instances.indices { try drain(at, .max) }
        var writer = StateWriter()
        for instance in instances {
            try instance.join.snapshot(into: &writer)
            statistics = statistics + instance.join.statistics
        }
        let count = parallelisms.randomElement(using: &random) ?? 1
        instances = try (0..<count).map { at in
            var instance = Instance(makeProcessor())
            try instance.join.restore(
                writer.chunks.filter { chunk in
                    chunk.group.map { KeyRouter.instance(ofGroup: UInt64($0), among: count) == at } ?? true
                })
            for side in 0...1 where hasEnded[side] { try instance.accept(.end, from: side) }
            return instance
        }
        merge.replace(inputs: count, batch: batch)
    }

    private mutating func read(_ input: inout Partition) throws -> Batch? {
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
        let origin = Origin(stage: UInt32(input.side), partition: UInt32(input.number))
        return Batch(events, origin: origin, sequence: input.sequence, behind: behind)
    }

    private func makeProcessor() -> any Processor {
        let context = OperatorContext(stage: testStage, parallelism: 1, batchEvents: batch) { _ in }
        return operation.make(context, Origin(keyedStage: 2))
    }
}

/// The stage behind the instances.
private struct RowMerge {
    private var gate: InputGate
    private var merge: OrderedMerge
    private var inputs: Int
    private(set) var rows: [JoinRow] = []

    init(inputs: Int, batch: Int) {
        self.inputs = inputs
        gate = InputGate(inputs: Array(repeating: 0, count: inputs))
        merge = OrderedMerge(batchEvents: batch, of: ValueType(JoinRow.self))
    }

    mutating func replace(inputs: Int, batch: Int) {
        let rows = rows
        self = RowMerge(inputs: inputs, batch: batch)
        self.rows = rows
    }

    mutating func take(_ elements: ArraySlice<StreamElement>, from input: Int) throws {
        for element in elements {
            guard let passed = gate.pass(element, from: input) else { continue }
            for output in inputs > 1 ? try merge.outputs(passed) : [passed] {
                guard let batch = output.batch else { continue }
                for event in Events<JoinRow>(batch) {
                    var row = event.value
                    row.time = event.time.nanoseconds
                    rows.append(row)
                }
            }
        }
    }
}
