public import Penstock
public import PenstockEngine
public import PenstockEvents
public import PenstockLog

/// A test that drives a pipeline event by event, with time that stands still until it is told otherwise.
///
/// ```swift
/// let readings = ScriptedSource("readings", of: Reading.self, disorder: .bounded(by: .seconds(2)))
/// let counts = Observed("counts", of: Counted<Int>.self)
/// let test = try await FlowTest {
///     Flow("counts") {
///         From(readings)
///         KeyBy(\Reading.sensor)
///         Tumbling(every: .seconds(10))
///         Count()
///         To(counts)
///     }
/// }
/// try await test.send(Reading(sensor: 1, value: 20), at: .seconds(3), to: readings)
/// try await test.mark(.seconds(11))
/// #expect(counts.values.map(\.count) == [1])
/// try await test.end()
/// try await test.prove()
/// ```
///
/// The pipeline runs in the engine itself, with its actors, channels and checkpoints. Each step returns when all that follows from it has
/// come: rows are in their `Observed`, and everything waits for the next step. A stage that does not come to rest is an error that names it.
///
/// A step that makes an event late, or puts it into no window, or finds it too far in the future, throws, unless the pipeline gives
/// such events to a side output or the test says that it expects them.
public final class FlowTest {
    /// What may become of events without the test failing.
    public struct Refusals: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// Some of the below.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// Events come too late for all of their windows, or for their join.
        public static let late = Refusals(rawValue: 1)
        /// Events lie in no window.
        public static let outside = Refusals(rawValue: 2)
        /// Events of a topic are too far in the future.
        public static let future = Refusals(rawValue: 4)
    }

    let sources: [any AnyScriptedSource]
    let observed: [any AnyObserved]
    let setup: FlowRun.Setup
    private let expected: Refusals
    private(set) var run: FlowRun
    /// What the test has done so far.
    private(set) var script: [ScriptStep] = []
    private var shape: FlowRun.Shape

    /// What each stage has counted so far: late events, windows that a sliding event missed, events in no window, events of the future.
    public private(set) var counts: [StageName: OperatorStatistics] = [:]

    /// The counts of all stages together.
    public var total: OperatorStatistics { counts.values.reduce(OperatorStatistics(), +) }

    /// Begins a pipeline.
    /// - Parameters:
    ///   - parallelism: Instances of keyed stages; never changes a result.
    ///   - batch: The most events of a batch; never changes a result.
    ///   - expected: What may become of events without the test failing.
    ///   - keepsCheckpoints: Whether there are checkpoints; without them the types of states and of waiting events need not be writable.
    ///   - patience: How long a step may take until it is an error that names the stage which does not come to rest.
    ///   - prepare: Writes what the topics hold that the pipeline reads from their beginning to their end.
    ///   - body: The flows.
    public convenience init(
        parallelism: Int = 1, batch: Int = RunOptions.defaultBatchEvents, expecting expected: Refusals = [],
        keepsCheckpoints: Bool = true, patience: Duration = .seconds(60),
        prepare: @escaping (any LogStore) async throws -> Void = { _ in },
        @PipelineBuilder _ body: () -> some Dataflow
    ) async throws {
        let recorder = FlowRecorder()
        FlowRecorder.$current.withValue(recorder) { _ = body() }
        try await self.init(
            FlowRun.Setup(
                flows: recorder.recorded, keepsCheckpoints: keepsCheckpoints, patience: patience, prepare: prepare),
            FlowRun.Shape(parallelism: parallelism, batch: batch), expected)
    }

    /// Begins a pipeline that is a program of its own, whose options may lead it to sources and sinks of the test.
    public convenience init(
        _ pipeline: some Pipeline, parallelism: Int = 1, batch: Int = RunOptions.defaultBatchEvents,
        expecting expected: Refusals = [], keepsCheckpoints: Bool = true, patience: Duration = .seconds(60),
        prepare: @escaping (any LogStore) async throws -> Void = { _ in }
    ) async throws {
        try await self.init(
            FlowRun.Setup(
                flows: pipeline.flows(), keepsCheckpoints: keepsCheckpoints, patience: patience, prepare: prepare),
            FlowRun.Shape(parallelism: parallelism, batch: batch), expected
        )
    }

    private init(_ setup: FlowRun.Setup, _ shape: FlowRun.Shape, _ expected: Refusals) async throws {
        self.setup = setup
        self.shape = shape
        self.expected = expected
        run = try await FlowRun(setup, shape)
        var sources: [any AnyScriptedSource] = []
        for source in run.plan.scriptedSources where !sources.contains(where: { $0 === source }) {
            sources.append(source)
        }
        self.sources = sources
        observed = run.plan.observed
        try await look("at the beginning")
    }

    // MARK: Steps

    /// Sends an event to a partition of a source.
    public func send<Value: Sendable>(
        _ value: Value, at time: Timestamp, to source: ScriptedSource<Value>, partition: Int = 0
    ) async throws {
        let number = try self.number(of: source, partition)
        source.add(value, at: time, to: partition)
        try await go([.item(source: number, partition: partition)], "\(value) at \(time.testText) to \(source.name)")
    }

    /// Sends an event to a partition of a source, at a time since 1970.
    public func send<Value: Sendable>(
        _ value: Value, at time: Duration, to source: ScriptedSource<Value>, partition: Int = 0
    ) async throws {
        try await send(value, at: Timestamp(nanoseconds: time.nanoseconds), to: source, partition: partition)
    }

    /// Puts a time mark into partitions: no later event there has a time up to `time`.
    /// - Parameters:
    ///   - time: The mark, since 1970.
    ///   - source: The source; nil for all of them.
    ///   - partition: The partition; nil for all of them.
    public func mark(_ time: Duration, in source: (any Source)? = nil, partition: Int? = nil) async throws {
        try await send(.timeMark(Timestamp(nanoseconds: time.nanoseconds)), to: source, partition: partition)
    }

    /// Puts a control record into partitions of one source or of all.
    public func send(_ record: ControlRecord, to source: (any Source)? = nil, partition: Int? = nil) async throws {
        let places = try self.places(source, partition)
        for case .item(let number, let partition) in places { sources[number].add(record, to: partition) }
        try await go(places, "\(record)")
    }

    /// Ends partitions of one source or of all. Once all have ended, the run comes to its end, with all of its rows.
    public func end(_ source: (any Source)? = nil, partition: Int? = nil) async throws {
        let places = try self.places(source, partition)
        for case .item(let number, let partition) in places { sources[number].addEnd(to: partition) }
        try await go(places, "the end")
    }

    /// Moves the engine's clock on, by which partitions are idle.
    public func advance(by duration: Duration) async throws {
        try await go([.advance(duration.nanoseconds)], "the clock went on by \(duration)")
    }

    // MARK: Crashes

    /// Takes a checkpoint now.
    public func checkpoint() async throws {
        try require(setup.keepsCheckpoints, "a test without checkpoints cannot take one")
        try await run.checkpoint()
    }

    /// Ends the process of the run as if it were killed, and begins another one that goes on from the last checkpoint, or from
    /// the beginning where there was none. A run that has come to its end has nothing to go on with.
    /// - Parameters:
    ///   - parallelism: That of the new run; by default as before.
    ///   - batch: That of the new run; by default as before.
    public func crashAndRestore(parallelism: Int? = nil, batch: Int? = nil) async throws {
        try require(setup.keepsCheckpoints, "a test without checkpoints cannot go on behind a crash")
        shape.parallelism = parallelism ?? shape.parallelism
        shape.batch = batch ?? shape.batch
        try await run.crashAndRestore(shape)
        try await look("the restored run")
    }

    // MARK: Looking

    /// The events of a topic that the pipeline has written, partition by partition.
    public func events<E: Event>(of topic: Topic<E>) async throws -> [[E]] {
        let log = try await run.openLog()
        var all: [[E]] = []
        for number in try await log.describe(topic.name).partitions.indices {
            let reader = try await log.reader(for: TopicPartition(topic.name, number), from: .earliest)
            var events: [E] = []
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count { events.append(try records.event(at: index)) }
            }
            await reader.close()
            all.append(events)
        }
        return all
    }

    // MARK: Inside

    private func go(_ steps: [ScriptStep], _ what: @autoclosure () -> String) async throws {
        script += steps
        for step in steps {
            switch step {
            case .item(let source, let partition): sources[source].release(partition)
            case .advance(let nanoseconds): try await run.advance(nanoseconds)
            }
        }
        try await run.step()
        try await look(what())
    }

    /// Looks at what the stages have counted.
    private func look(_ step: @autoclosure () -> String) async throws {
        counts = await run.counts()
        for (stage, counted) in counts.sorted(by: { $0.key < $1.key }) {
            let refused: [(number: Int, side: SidePort, others: [SidePort], kind: Refusals, cure: String)] = [
                // The late events of joins and the surplus of scans are counted as late, too.
                (counted.lateEvents, .late, [.lateRight, .surplus], .late, "LateData(to:)"),
                (counted.outsideEvents, .outside, [], .outside, "Outside(to:)"),
                (counted.futureEvents, .future, [], .future, ".future(to:)"),
            ]
            for (number, side, others, kind, cure) in refused {
                let isRead = ([side] + others).contains { run.plan.readsSide($0, of: stage) }
                guard number > 0, !expected.contains(kind), !isRead else { continue }
                throw FlowTestError.unexpected(
                    problem:
                        "\(number) \(side.rawValue) event\(number == 1 ? "" : "s") in \(stage) that the test does not "
                        + "expect, behind \(step())",
                    hint:
                        "expect \(side.rawValue) events with FlowTest(expecting: .\(side.rawValue)), or read them with \(cure)"
                )
            }
        }
    }

    private func number(of source: any Source, _ partition: Int?) throws -> Int {
        guard let number = sources.firstIndex(where: { $0 === (source as AnyObject) }) else {
            throw FlowTestError.misuse(
                problem: "the pipeline does not read \(source.summary)",
                hint: "begin a flow with it that leads to a sink: From(source)")
        }
        if let partition, !(0..<source.partitionCount).contains(partition) {
            throw FlowTestError.misuse(
                problem: "\(source.summary) has no partition \(partition)",
                hint: "it has \(source.partitionCount); say more with ScriptedSource(…, partitions: n)")
        }
        return number
    }

    private func places(_ source: (any Source)?, _ partition: Int?) throws -> [ScriptStep] {
        let numbers = try source.map { [try number(of: $0, partition)] } ?? Array(sources.indices)
        return numbers.flatMap { number in
            (partition.map { [$0] } ?? Array(0..<sources[number].partitionCount)).map {
                ScriptStep.item(source: number, partition: $0)
            }
        }
    }

    private func require(_ condition: Bool, _ problem: String) throws {
        guard !condition else { return }
        throw FlowTestError.misuse(problem: problem, hint: "leave keepsCheckpoints as it is")
    }
}

/// What a test did to a run.
enum ScriptStep: Sendable, Hashable {
    /// The next item of a source's partition could be read.
    case item(source: Int, partition: Int)
    /// The clock went on, in nanoseconds.
    case advance(Int64)
}

extension PhysicalPlan {
    /// The scripted sources, in the order of the plan.
    var scriptedSources: [any AnyScriptedSource] {
        stages.compactMap { stage in
            guard case .source(_, let source) = stage.input else { return nil }
            return source.base as? any AnyScriptedSource
        }
    }

    /// The sinks that show their rows, in the order of the plan.
    var observed: [any AnyObserved] {
        stages.compactMap { stage in
            guard case .sink(_, let sink) = stage.output else { return nil }
            return sink.base as? any AnyObserved
        }
    }
}
