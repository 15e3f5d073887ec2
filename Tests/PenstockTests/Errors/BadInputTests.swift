import PenstockLog
import TestSupport
import Testing

@testable import Penstock
@testable import PenstockEngine

/// The rows of "Bad input" of the engine's issue that are about events. What a damaged checkpoint does is in `CheckpointDamageTests`.
@Suite("Bad input")
struct BadInputTests {
    @Test(
        "events without a time, or with one far outside of all times: named, skipped, or dead letters",
        arguments: [
            (Int64.min, "an event has no time"), (.max, "an event has the time 9223372036854775807 ns"),
            (1 << 62 + 1, "an event has the time"),
        ])
    func noTime(time: Int64, text: String) async throws {
        let times: [Int64] = [5, time, 7, time, 9]
        for batch in [1, 2, 4096] {
            let (kept, bad) = (Collected<BadInput.Step>(), Collected<DeadLetter>())
            let run = try await ErrorFlowTests.run(batch: batch) {
                _ = Flow("x") {
                    BadInput.source(times).onError(.deadLetter(to: BadInput.letters))
                    To(kept)
                }
                _ = Flow("letters") {
                    From(BadInput.letters)
                    To(bad)
                }
            }
            #expect(kept.values.map(\.value) == [0, 2, 4], "they move no watermark")
            #expect(bad.numbers == [1, 3] && bad.values.allSatisfy { $0.error.contains(text) })
            #expect(bad.values.allSatisfy { $0.time.nanoseconds == time })
            let values = try bad.values.compactMap { try $0.event(as: BadInput.Step.self)?.value }
            #expect(values == [1, 3])
            #expect(run.progress.operators[StageName(flow: "x", stage: "From")]?.skippedEvents == 2)
        }
        let error = await #expect(throws: EngineError.self) {
            _ = try await ErrorFlowTests.run {
                _ = Flow("x") {
                    BadInput.source(times)
                    To(Collected<BadInput.Step>())
                }
            }
        }
        #expect(error?.summary.hasPrefix("x/From: \(text)") == true)
        #expect(error?.summary.hasSuffix(": event 1 of partition 0 of x/From") == true)
        #expect(error?.hint?.contains("nanoseconds since 1970") == true)
    }

    @Test("time zero and times before 1970 are times as any others")
    func timeZero() async throws {
        let counts = Collected<Counted<Int>>()
        try await Flow("x") {
            BadInput.source([-1_000_000_000, -1, 0, 1])
            KeyBy { (_: BadInput.Step) in 1 }
            Tumbling(every: .seconds(1))
            Count()
            To(counts)
        }.run()
        #expect(counts.values.map(\.count) == [2, 2])
        #expect(counts.values.map(\.window.start.nanoseconds) == [-1_000_000_000, 0])
    }

    @Test("a key that is not a number: named, skipped, or dead letters; zero and minus zero are one key")
    func keyNaN() async throws {
        let keys: [Double] = [1, .nan, -0.0, 0.0, .nan, 2]
        let counts = Collected<Counted<Double>>()
        let bad = Collected<DeadLetter>()
        for (batch, parallelism) in [(1, 1), (4096, 2)] {
            _ = try await ErrorFlowTests.run(parallelism: parallelism, batch: batch) {
                _ = Flow("x") {
                    BadInput.source([0, 1, 2, 3, 4, 5]) { keys[$0] }
                    KeyBy(\BadInput.Step.key).onError(.deadLetter(to: BadInput.letters))
                    Tumbling(every: .seconds(1))
                    Count()
                    To(counts)
                }
                _ = Flow("letters") {
                    From(BadInput.letters)
                    To(bad)
                }
            }
            #expect(counts.values.map(\.key) == [0, 1, 2] && counts.values.map(\.count) == [2, 1, 1])
            #expect(bad.numbers == [1, 4])
        }
        let error = await #expect(throws: EngineError.self) {
            try await Flow("x") {
                BadInput.source([0, 1]) { keys[$0] }
                KeyBy(\BadInput.Step.key)
                Tumbling(every: .seconds(1))
                Count()
                To(Collected<Counted<Double>>())
            }.run()
        }
        #expect(
            error?.summary
                == "x/KeyBy: the key of an event is nan, which cannot be one: event 1 of partition 0 of x/From")
        #expect(error?.hint?.contains(".onError(.skip)") == true)
    }

    @Test("keys of floating-point numbers come in the order of the numbers, and back as they were")
    func keyOrder() {
        let numbers: [Double] = [
            -.infinity, -1e300, -2.5, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 1, 2.5, .infinity,
        ]
        #expect(numbers.map(\.canonicalInteger) == numbers.map(\.canonicalInteger).sorted())
        #expect(numbers.map { Double(canonicalInteger: $0.canonicalInteger) } == numbers)
        #expect((-0.0).canonicalInteger == (0.0).canonicalInteger)
        #expect(Float(canonicalInteger: Float(-1.5).canonicalInteger) == -1.5)
    }

    @Test("one key that takes all events gives the same rows at every parallelism")
    func oneKey() async throws {
        let times = (Int64(0)..<2000).map { $0 * 10_000_000 }
        var first: [Int]?
        for parallelism in [1, 2, 4] {
            let sums = Collected<Summed<Double, Int>>()
            _ = try await ErrorFlowTests.run(parallelism: parallelism, batch: 64) {
                _ = Flow("x") {
                    BadInput.source(times)
                    KeyBy(\BadInput.Step.key)
                    Tumbling(every: .seconds(3))
                    Sum(\BadInput.Step.value)
                    To(sums)
                }
            }
            #expect(sums.values.map(\.sum).reduce(0, +) == 1999 * 1000)
            if let first { #expect(sums.values.map(\.sum) == first) }
            first = first ?? sums.values.map(\.sum)
        }
    }

    @Test("a window that is longer than the stream gives its row at the end of input")
    func longWindow() async throws {
        let counts = Collected<Counted<Double>>()
        try await Flow("x") {
            BadInput.source([0, 1, 2])
            KeyBy(\BadInput.Step.key)
            Tumbling(every: .seconds(86_400 * 365))
            Count()
            To(counts)
        }.run()
        #expect(counts.values.map(\.count) == [3])
    }

    private struct Hoarder: KeyedProcess {
        typealias Key = Double
        let all = ListState("all", of: BadInput.Step.self)
        func process(
            _ step: BadInput.Step, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int>,
            context: ProcessContext<Double>
        ) { state.append(step, to: all) }
    }

    @Test("state over the limit ends the run, and says of which stage, how many keys there are and what to do")
    func stateLimit() async throws {
        let error = await #expect(throws: EngineError.self) {
            try await Flow("x") {
                BadInput.source((Int64(0)..<2000).map { $0 })
                KeyBy(\BadInput.Step.key)
                Process(Hoarder(), stateLimit: 10_000)
                To(Collected<Int>())
            }.run()
        }
        #expect(error?.summary.contains("stage x/Hoarder: an instance keeps about") == true)
        #expect(error?.summary.contains("for 1 keys, more than the limit of 10000") == true)
        #expect(error?.hint?.contains("raise stateLimit") == true)
    }

    @Test("a checkpoint directory that cannot be written is named before anything is read")
    func checkpointDirectory() async throws {
        let folder = try TestFolder()
        try folder.write("not a directory", to: "log")
        await #expect(throws: (any Error).self) { _ = try await EmbeddedLog(directory: folder("log")) }
        do { _ = try await EmbeddedLog(directory: folder("log")) } catch {
            #expect("\(error)".contains(folder("log")), "\(error)")
        }
    }
}
