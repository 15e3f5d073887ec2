import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// A run is drained when it has read the first part of its input; another goes on from the savepoint with the rest. What is open at the drain
/// is closed there, so its rows are those of the first part by itself, and then come those of the rest by itself; but what is kept for good stays.
@Suite("Drained savepoints")
struct DrainTests {
    /// Runs flows over the first steps of their sources, drains, and goes on with all of them.
    /// - Parameters:
    ///   - sources: The partitions of each source, the first part and the rest of each.
    ///   - flow: The flow behind the sources.
    private func drained<Value: Equatable & Sendable>(
        _ type: Value.Type, _ sources: [[[[Step]]]], parallelism: [Int] = [2, 4],
        _ flow: ([StageDescription], DurableCollector<Value>) -> FlowDescription
    ) async throws -> RunsOfTwo<Value> {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let (rows, read) = (DurableCollector(Value.self), Tally())
        func makeRun(_ parts: Int, parallelism: Int, _ options: CheckpointOptions) throws -> PipelineRun {
            let stages = sources.map { partitions in
                StageDescription.from(
                    TalliedSource(
                        source: ScriptedSource(
                            partitions: partitions.map { Array($0.prefix(parts).joined()) },
                            disorder: Disorder(boundNanoseconds: 30), isEndless: parts == 1), read: read))
            }
            return PipelineRun(
                try PhysicalPlan([flow(stages, rows)], parallelism: parallelism),
                options: RunOptions(batchEvents: 7, topicDurability: .pageCache, checkpoints: options), log: log)
        }
        var options = CheckpointOptions(name: "p", interval: nil)
        options.savepointAtEnd = "end"
        let run = try makeRun(1, parallelism: parallelism[0], options)
        let events = sources.joined().reduce(0) { $0 + ($1.first?.count ?? 0) }
        let draining = Task {
            try await wait(until: { read.value >= events })
            run.drain()
        }
        try await run.run()
        try await draining.value
        #expect(run.progress.savepoints == ["end"] && rows.finished == 1)
        let first = rows.values
        options.restoring = .savepoint("end")
        options.savepointAtEnd = nil
        try await makeRun(2, parallelism: parallelism[1], options).run()
        #expect(Array(rows.values.prefix(first.count)) == first)
        return RunsOfTwo(first: first, rest: Array(rows.values.dropFirst(first.count)))
    }

    /// What the flow gives over the first part alone and over the rest alone.
    private func apart<Value: Equatable & Sendable>(
        _ type: Value.Type, _ sources: [[[[Step]]]],
        _ flow: ([StageDescription], DurableCollector<Value>) -> FlowDescription
    ) async throws -> RunsOfTwo<Value> {
        var rows: [[Value]] = []
        for part in 0...1 {
            let collector = DurableCollector(Value.self)
            let stages = sources.map { partitions in
                StageDescription.from(
                    ScriptedSource(
                        partitions: partitions.map { $0[part] }, disorder: Disorder(boundNanoseconds: 30)))
            }
            try await run([flow(stages, collector)])
            rows.append(collector.values)
        }
        return RunsOfTwo(first: rows[0], rest: rows[1])
    }

    /// Two partitions out of order by up to 29, so that nothing is behind, cut at the 130th event.
    private static func source(_ seed: UInt64) -> [[[Step]]] {
        BrokenRuns.partitions(seed).map { [Array($0.prefix(130)), Array($0.dropFirst(130))] }
    }

    /// Two lists of steps of one partition.
    private static func steps(_ first: [Step], _ rest: [Step]) -> [[[[Step]]]] { [[[first, rest]]] }

    private static let windows: [(String, KeyedWindow, Aggregate)] = {
        let sum = Aggregate(.sum, .integer)
        return [
            ("tumbling", .time(TimeWindows(size: 100, every: 100)), sum),
            ("sliding with states", .time(TimeWindows(size: 100, every: 40)), sum.throughStates),
            ("session", .session(SessionWindows(gap: .fixed(40))), sum),
            ("session whose order matters", .session(SessionWindows(gap: .fixed(40))), Aggregate(.sum, .float)),
            ("count", .count(CountWindows(size: 4, every: 4)), sum),
            ("sliding count", .count(CountWindows(size: 5, every: 2)), sum),
            ("count with states", .count(CountWindows(size: 4, every: 4)), sum.throughStates),
            ("global", .global(GlobalWindows(.count(3), isPurging: false)), sum),
            ("global at an interval", .global(GlobalWindows(.interval(70), isPurging: true)), sum),
        ]
    }()

    @Test("windows of every kind close at the drain, and new ones begin behind it", arguments: windows.indices)
    func closing(index: Int) async throws {
        let (name, window, aggregate) = Self.windows[index]
        let flow = { (sources: [StageDescription], rows: DurableCollector<Row>) in
            FlowDescription(
                name: "f",
                stages: [
                    sources[0], .keyBy { (s: Sample) in s.key }, .aggregate(window, aggregate), .to(rows),
                ])
        }
        let outcome = try await drained(Row.self, [Self.source(3)], flow)
        #expect(outcome == (try await apart(Row.self, [Self.source(3)], flow)), "\(name)")
        #expect(outcome.first.count > 30 && outcome.rest.count > 30, "\(name)")
    }

    @Test("joins give what they owe at the drain, and pair nothing across it", arguments: 0..<3)
    func joins(form: Int) async throws {
        let operation = [
            AnyOperator(joining: TimeWindows(size: 100, every: 40), .pairs(.full)),
            AnyOperator(joining: .interval(lower: -30, upper: 50), allowedLateness: 10, .pairs(.full)),
            AnyOperator(joining: .session(gap: 30), .groups),
        ][form]
        let flow = { (sources: [StageDescription], rows: DurableCollector<JoinRow>) in
            let sides = sources.enumerated().map { side, source in
                FlowDescription(name: "side \(side)", stages: [source, .keyBy { (s: Sample) in s.key }])
            }
            return FlowDescription(
                name: "f",
                stages: [
                    StageDescription(.inputs(sides), label: "Sides"), .operation(operation).named("join"), .to(rows),
                ])
        }
        let sources = [Self.source(1), Self.source(2)]
        let outcome = try await drained(JoinRow.self, sources, flow)
        #expect(outcome == (try await apart(JoinRow.self, sources, flow)))
        #expect(outcome.first.count > 30 && outcome.rest.count > 30)
    }

    @Test("an as-of join still knows behind the drain what was in effect before it")
    func asOf() async throws {
        let operation = AnyOperator(joining: .asOf(.init(.backward)), .pairs(.left))
        let sources = [
            Self.steps([.e(5), .e(20)], [.e(40), .e(60)])[0], Self.steps([.e(10), .e(15)], [.e(50)])[0],
        ]
        let outcome = try await drained(JoinRow.self, sources) { sources, rows in
            let sides = sources.enumerated().map { side, source in
                FlowDescription(name: "side \(side)", stages: [source, .keyBy { (s: Sample) in s.key }])
            }
            return FlowDescription(
                name: "f", stages: [StageDescription(.inputs(sides), label: "Sides"), .operation(operation), .to(rows)])
        }
        #expect(outcome.first.map { [$0.left, $0.right] } == [[5, -1], [20, 15]])
        #expect(outcome.rest.map { [$0.left, $0.right] } == [[40, 15], [60, 50]])
    }

    /// Puts out the sum so far with each event, and what it is 100 later.
    private struct Summed: KeyedProcess {
        typealias Key = Int64
        let sum = ReducingState("sum", of: Int64.self) { $0 + $1 }

        func process(
            _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
            context: ProcessContext<Int64>
        ) throws {
            try state.add(event.number, to: sum)
            timers.set("later", at: context.clock + 100)
            output.append("\(state[sum] ?? 0)")
        }

        func onTimer(
            _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
            context: ProcessContext<Int64>
        ) {
            output.append("\(timer.time.nanoseconds)\(timer.isEndOfInput ? " at the end" : ""): \(state[sum] ?? 0)")
        }
    }

    @Test("a process has its timers fired at the drain, and keeps its state")
    func process() async throws {
        let outcome = try await drained(
            String.self, Self.steps([.e(1), .e(50), .e(130)], [.e(150), .e(300)])
        ) { sources, rows in
            FlowDescription(
                name: "f",
                stages: [
                    sources[0], .keyBy { (s: Sample) in s.key }, .operation(AnyOperator(Summed())), .to(rows),
                ])
        }
        #expect(outcome.first == ["1", "51", "101: 51", "181", "150 at the end: 181", "230 at the end: 181"])
        #expect(outcome.rest == ["331", "250: 331", "631", "400 at the end: 631"])
    }

    @Test("a scan by time ends at the drain, not complete; what is left of it behind the drain is outside")
    func scans() async throws {
        func event(_ time: Int64, _ mark: Double = 0, scan: Int64 = 0) -> Step {
            .event(time, Sample(number: mark == 0 ? time : scan, float: mark))
        }
        let outcome = try await drained(
            String.self,
            Self.steps(
                [event(10, 1, scan: 7), event(11), event(12)],
                [event(13), event(20, 2, scan: 7), event(30, 1, scan: 8), event(35), event(40, 2, scan: 8)])
        ) { sources, rows in
            FlowDescription(
                name: "f",
                stages: [
                    sources[0], .keyBy { (s: Sample) in s.key },
                    .operation(
                        AnyOperator(scansOf: Int64.self, isKeyed: true, maxDuration: nil) {
                            (s: Sample) -> ScanMark<Int64> in
                            s.float == 1 ? .begin(s.number) : s.float == 2 ? .end(s.number) : .data
                        }),
                    .map { (s: Scan<Int64, Sample>) in "\(s.id) \(s.events.map(\.number)) \(s.isComplete)" }, .to(rows),
                ])
        }
        #expect(outcome == RunsOfTwo(first: ["7 [11, 12] false"], rest: ["8 [35] true"]))
    }

    @Test("a counted scan that is open at the drain gives what it has, goes on counting, and then gives the rest")
    func countedScans() async throws {
        func event(_ time: Int64, _ number: Int64, scan: Int64, ends: Bool = false) -> Step {
            .event(time, Sample(key: scan, number: number, float: ends ? 1 : 0))
        }
        let outcome = try await drained(
            String.self,
            Self.steps(
                [
                    event(1, 0, scan: 1), event(2, 1, scan: 1), event(3, 0, scan: 2), event(4, 1, scan: 2, ends: true),
                    event(5, 0, scan: 3),
                ],
                [event(50, 2, scan: 1), event(60, 3, scan: 1, ends: true), event(70, 0, scan: 2)])
        ) { sources, rows in
            FlowDescription(
                name: "f",
                stages: [
                    sources[0], .keyBy { (s: Sample) in s.key },
                    .operation(
                        AnyOperator(countedScansOf: Int64.self, producers: 1) { (s: Sample) -> ScanPart in
                            s.float == 1
                                ? .end(producer: 0, expected: Int(s.number))
                                : .event(producer: 0, number: Int(s.number))
                        }),
                    .map { (s: CountedScan<Int64, Sample>) in
                        "\(s.id) \(s.events.map(\.number)) of \(s.counts[0].received) \(s.isComplete)"
                    }, .to(rows),
                ])
        }
        // Of the scan 3, which nothing more comes of, there is no second row; the scan 2 was complete before.
        #expect(outcome.first == ["1 [0, 1] of 2 false", "2 [0] of 1 true", "3 [0] of 1 false"])
        #expect(outcome.rest == ["1 [2] of 3 true"])
    }
}

/// What two runs gave, one after the other.
private struct RunsOfTwo<Value: Equatable & Sendable>: Equatable {
    var first: [Value]
    var rest: [Value]
}

/// Counts the events that were read.
private struct TalliedSource: Source {
    let source: ScriptedSource
    let read: Tally
    var disorder: Disorder { source.disorder }
    var partitionCount: Int { source.partitionCount }
    var summary: String { source.summary }

    func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Sample> {
        Reader(reader: try source.open(partition, context: context), read: read)
    }

    private struct Reader: SourceReader {
        var reader: any SourceReader<Sample>
        let read: Tally

        mutating func read(into batch: inout SourceBatch<Sample>) throws -> SourceProgress {
            defer { read.add(batch.count) }
            return try reader.read(into: &batch)
        }
    }
}
