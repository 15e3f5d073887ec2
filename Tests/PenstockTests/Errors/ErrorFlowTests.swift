import PenstockLog
import TestSupport
import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("Error policies in flows")
struct ErrorFlowTests {
    struct Reading: FixedEvent, Hashable {
        var sensor: Int64
        var value: Double
        static let schema = Schema("Reading", fields: [.init("sensor", .i64), .init("value", .f64)])
    }

    struct OutOfRange: Error, CustomStringConvertible {
        let value: Double
        var description: String { "\(value) is no temperature" }
    }

    static let letters = SideOutput("letters", of: DeadLetter.self)

    static func readings(_ values: [Double]) -> From<Reading> {
        From(
            Generated(values.count) { n in
                (
                    Reading(sensor: Int64(n % 2), value: values[n]),
                    Timestamp(nanoseconds: Int64(n) * 1_000_000_000)
                )
            })
    }

    static func celsius(_ reading: Reading) throws -> Reading {
        guard reading.value > 0 else { throw OutOfRange(value: reading.value) }
        return Reading(sensor: reading.sensor, value: reading.value - 273.15)
    }

    private static func values(of letters: [DeadLetter]) throws -> [Double] {
        try letters.compactMap { try $0.event(as: Reading.self)?.value }
    }

    /// Runs the flows that `body` makes.
    static func run(
        parallelism: Int = 1, batch: Int = 4096, log: (any LogStore)? = nil, _ body: () -> Void
    ) async throws -> PipelineRun {
        let flows = FlowRecorder()
        FlowRecorder.$current.withValue(flows, operation: body)
        let plan = try await PhysicalPlan(flows.recorded, parallelism: parallelism, isReplay: false, log: log)
        let run = PipelineRun(
            plan, options: RunOptions(batchEvents: batch, topicDurability: .pageCache), log: log)
        try await run.run()
        return run
    }

    @Test("letters about failing events begin a flow of their own, and have the event in them", arguments: [1, 4096])
    func letters(batch: Int) async throws {
        let (good, bad) = (Collected<Reading>(), Collected<DeadLetter>())
        let run = try await Self.run(batch: batch) {
            _ = Flow("celsius") {
                Self.readings([300, -1, 280, -2, 290])
                Map { (r: Reading) in try Self.celsius(r) }.onError(.deadLetter(to: Self.letters))
                To(good)
            }
            _ = Flow("letters") {
                From(Self.letters)
                To(bad)
            }
        }
        let expected: [Double] = [300, 280, 290].map { (kelvin: Double) in kelvin - 273.15 }
        #expect(good.values.map(\.value) == expected)
        #expect(bad.values.map(\.error) == ["-1.0 is no temperature", "-2.0 is no temperature"])
        #expect(bad.values.map { $0.number ?? -1 } == [1, 3])
        #expect(bad.times.map(\.nanoseconds) == [1_000_000_000, 3_000_000_000])
        #expect(bad.values.allSatisfy { $0.stage == "celsius/Map" && $0.source == "celsius/From" })
        #expect(try Self.values(of: bad.values) == [-1, -2])
        #expect(run.progress.operators.values.map(\.skippedEvents).reduce(0, +) == 2)
    }

    @Test("letters are events of a topic as any others, and name the topic, partition and offset of what failed")
    func letterTopic() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let (readings, deadLetters) = (Topic<Reading>("readings"), Topic<DeadLetter>("dead-letters"))
        _ = try await Self.run(log: log) {
            _ = Flow("fill") {
                Self.readings([300, -1, 280, -2])
                To(readings)
            }
        }
        _ = try await Self.run(log: log) {
            _ = Flow("celsius") {
                From(readings, disorder: .ascending)
                Filter { (r: Reading) in try Self.celsius(r).value > 0 }.onError(.deadLetter(to: Self.letters))
                To(Collected<Reading>())
            }
            _ = Flow("letters") {
                From(Self.letters)
                To(deadLetters)
            }
        }
        let kept = Collected<DeadLetter>()
        _ = try await Self.run(log: log) {
            _ = Flow("look") {
                From(deadLetters, disorder: .ascending)
                To(kept)
            }
        }
        #expect(kept.values.map(\.source) == ["topic readings", "topic readings"])
        #expect(kept.values.map(\.partition) == [0, 0])
        #expect(kept.values.map { $0.number ?? -1 } == [1, 3])
        #expect(try Self.values(of: kept.values) == [-1, -2])
        #expect(kept.values.allSatisfy { $0.window == nil && $0.key.isEmpty })
    }

    @Test("by default the run ends with the stage, the topic, the partition and the offset")
    func failing() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let readings = Topic<Reading>("readings")
        _ = try await Self.run(log: log) {
            _ = Flow("fill") {
                Self.readings([300, 280, -2])
                To(readings)
            }
        }
        let error = await #expect(throws: EngineError.self) {
            _ = try await Self.run(log: log) {
                _ = Flow("celsius") {
                    From(readings, disorder: .ascending)
                    Map { (r: Reading) in try Self.celsius(r) }
                    To(Collected<Reading>())
                }
            }
        }
        #expect(
            error?.summary
                == "stage celsius/Map failed at offset 2 of partition 0 of topic readings: -2.0 is no temperature")
        #expect(
            error?.hint
                == "event time 2000000000 ns; with .onError(.skip) or .onError(.deadLetter(to: …)) the stage leaves such "
                + "events out and goes on")
    }

    @Test("skipped events are counted, also those before a Watermark stage")
    func skipping() async throws {
        let good = Collected<Reading>()
        let run = try await Self.run {
            _ = Flow("celsius") {
                Self.readings([300, -1, 280, -2, -3])
                Map { (r: Reading) in try Self.celsius(r) }.onError(.skip)
                Watermark(.ascending)
                To(good)
            }
        }
        #expect(good.values.count == 2)
        #expect(run.progress.operators[StageName(flow: "celsius", stage: "Map")]?.skippedEvents == 3)
    }

    @Test("rows of a file that cannot be read are left out, or name the file and the line")
    func unreadableRows() async throws {
        let folder = try TestFolder()
        try folder.write("time,x\n1,10\n2,ten\nthree,30\n4,40\n", to: "in.csv")
        let (kept, bad) = (Collected<Int>(), Collected<DeadLetter>())
        func source() -> From<Int> {
            From(CSVInput(folder("in.csv"), time: "time") { row in try row.integer("x") })
        }
        for batch in [1, 2, 4096] {
            let run = try await Self.run(batch: batch) {
                _ = Flow("read") {
                    source().onError(.deadLetter(to: Self.letters))
                    To(kept)
                }
                _ = Flow("letters") {
                    From(Self.letters)
                    To(bad)
                }
            }
            #expect(kept.values == [10, 40])
            #expect(bad.values.map { $0.number ?? -1 } == [1, 2])
            #expect(bad.values.first?.error.contains("in.csv") == true, "\(bad.values)")
            let texts = bad.values.map { letter in letter.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            }
            #expect(texts == ["2,ten", "three,30"])
            #expect(run.progress.operators[StageName(flow: "read", stage: "From")]?.skippedEvents == 2)
        }
        let error = await #expect(throws: EngineError.self) {
            _ = try await Self.run {
                _ = Flow("read") {
                    source()
                    To(Collected<Int>())
                }
            }
        }
        #expect(error?.summary.contains("in.csv") == true)
    }

    @Test("stages that write, and operators that do not say which event failed, have no policy")
    func refused() async throws {
        struct Plain: Operator {
            func makeState() -> NoState { NoState() }
            func process(
                _ events: Events<Reading>, state: inout NoState, into output: inout Output<Reading>,
                context: OperatorContext
            ) {}
        }
        let sink = await #expect(throws: EngineError.self) {
            _ = try await Self.run {
                _ = Flow("x") {
                    Self.readings([1])
                    To(Collected<Reading>()).onError(.skip)
                }
            }
        }
        #expect(sink?.summary.contains("To in the flow \"x\" cannot go on behind an event that it fails for") == true)
        let plain = await #expect(throws: EngineError.self) {
            _ = try await Self.run {
                _ = Flow("x") {
                    Self.readings([1])
                    Plain().onError(.skip)
                    To(Collected<Reading>())
                }
            }
        }
        #expect(plain?.summary.contains("Plain gets events by the batch") == true)
    }
}
