import PenstockLog
import TestSupport
import Testing

@testable import Penstock
@testable import PenstockEngine

/// The rows of "Bad input" of the engine's issue. What a damaged checkpoint does is in `CheckpointDamageTests`.
@Suite("Bad input")
struct BadInputTests {
    private struct Step: Sendable, Hashable {
        var key: Double
        var value: Int
    }

    /// Events at these instants, each with its place as its value.
    private static func source(_ times: [Int64], key: @escaping @Sendable (Int) -> Double = { _ in 1 }) -> From<Step> {
        From(
            Generated(times.count) { n in (Step(key: key(n), value: n), Timestamp(nanoseconds: times[n])) },
            disorder: .bounded(by: .seconds(1)))
    }

    private func numbers(_ letters: Collected<DeadLetter>) -> [Int64] { letters.values.map { $0.number ?? -1 } }

    private static let letters = SideOutput("letters", of: DeadLetter.self)

    @Test(
        "events without a time, or with one far outside of all times: named, skipped, or dead letters",
        arguments: [
            (Int64.min, "an event has no time"), (.max, "an event has the time 9223372036854775807 ns"),
            (1 << 62 + 1, "an event has the time"),
        ])
    func noTime(time: Int64, text: String) async throws {
        let times: [Int64] = [5, time, 7, time, 9]
        for batch in [1, 2, 4096] {
            let (kept, bad) = (Collected<Step>(), Collected<DeadLetter>())
            let run = try await ErrorFlowTests.run(batch: batch) {
                _ = Flow("x") {
                    Self.source(times).onError(.deadLetter(to: Self.letters))
                    To(kept)
                }
                _ = Flow("letters") {
                    From(Self.letters)
                    To(bad)
                }
            }
            #expect(kept.values.map(\.value) == [0, 2, 4], "they move no watermark")
            #expect(numbers(bad) == [1, 3] && bad.values.allSatisfy { $0.error.contains(text) })
            #expect(bad.values.allSatisfy { $0.time.nanoseconds == time })
            let values = try bad.values.compactMap { try $0.event(as: Step.self)?.value }
            #expect(values == [1, 3])
            #expect(run.progress.operators[StageName(flow: "x", stage: "From")]?.skippedEvents == 2)
        }
        let error = await #expect(throws: EngineError.self) {
            _ = try await ErrorFlowTests.run {
                _ = Flow("x") {
                    Self.source(times)
                    To(Collected<Step>())
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
            Self.source([-1_000_000_000, -1, 0, 1])
            KeyBy { (_: Step) in 1 }
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
                    Self.source([0, 1, 2, 3, 4, 5]) { keys[$0] }
                    KeyBy(\Step.key).onError(.deadLetter(to: Self.letters))
                    Tumbling(every: .seconds(1))
                    Count()
                    To(counts)
                }
                _ = Flow("letters") {
                    From(Self.letters)
                    To(bad)
                }
            }
            #expect(counts.values.map(\.key) == [0, 1, 2] && counts.values.map(\.count) == [2, 1, 1])
            #expect(numbers(bad) == [1, 4])
        }
        let error = await #expect(throws: EngineError.self) {
            try await Flow("x") {
                Self.source([0, 1]) { keys[$0] }
                KeyBy(\Step.key)
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
                    Self.source(times)
                    KeyBy(\Step.key)
                    Tumbling(every: .seconds(3))
                    Sum(\Step.value)
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
            Self.source([0, 1, 2])
            KeyBy(\Step.key)
            Tumbling(every: .seconds(86_400 * 365))
            Count()
            To(counts)
        }.run()
        #expect(counts.values.map(\.count) == [3])
    }

    @Test(
        "durations that are none are refused when the pipeline is planned, with the stage, the flow and the number",
        arguments: [Duration.zero, .nanoseconds(-1), .seconds(-1e12)])
    func durations(duration: Duration) async throws {
        func problem(_ flow: Flow<Closed>) async -> String {
            await #expect(throws: EngineError.self) { try await flow.run() }?.summary ?? ""
        }
        let number = "\(duration.nanoseconds) ns"
        let tumbling = await problem(
            Flow("x") {
                Self.source([0])
                KeyBy(\Step.key)
                Tumbling(every: duration)
                Count()
                To(Collected<Counted<Double>>())
            })
        let sliding = await problem(
            Flow("x") {
                Self.source([0])
                KeyBy(\Step.key)
                Sliding(.seconds(1), every: duration)
                Count()
                To(Collected<Counted<Double>>())
            })
        let session = await problem(
            Flow("x") {
                Self.source([0])
                KeyBy(\Step.key)
                Session(gap: duration)
                Count()
                To(Collected<Counted<Double>>())
            })
        let global = await problem(
            Flow("x") {
                Self.source([0])
                KeyBy(\Step.key)
                Global(every: duration, .keep)
                Count()
                To(Collected<Counted<Double>>())
            })
        let join = await problem(
            Flow("x") {
                Join(Self.source([0]), Self.source([0]), on: \.key, \.key, within: .session(gap: duration)) {
                    (a: Step, b: Step) in a.value
                }
                To(Collected<Int>())
            })
        for text in [tumbling, sliding, session, global] {
            #expect(text.hasPrefix("the pipeline cannot be planned: Count in the flow \"x\": a"), "\(text)")
            #expect(text.contains(number), "\(text)")
        }
        #expect(join.contains("Join in the flow \"x\": a session's gap must be positive") && join.contains(number))
    }

    @Test("negative bounds, lateness, drift, idle times and tolerances are refused, zero is not")
    func negative() async throws {
        func problem(_ flow: Flow<Closed>) async -> String? {
            do { try await flow.run() } catch { return (error as? EngineError)?.summary ?? "\(error)" }
            return nil
        }
        for (duration, isRefused) in [(Duration.zero, false), (.nanoseconds(-1), true), (.seconds(-1e12), true)] {
            let steps = Generated(1) { n in (Step(key: 1, value: n), Timestamp(nanoseconds: 0)) }
            let flows = [
                Flow("x") {
                    From(steps, disorder: .bounded(by: duration))
                    To(Collected<Step>())
                },
                Flow("x") {
                    From(steps).aligned(maxDrift: duration)
                    To(Collected<Step>())
                },
                Flow("x") {
                    From(steps)
                    KeyBy(\Step.key)
                    Tumbling(every: .seconds(1))
                    AllowedLateness(duration)
                    Count()
                    To(Collected<Counted<Double>>())
                },
                Flow("x") {
                    AsOf(From(steps), From(steps), on: \.key, \.key, .backward(tolerance: duration)) {
                        (a: Step, b: Step?) in 1
                    }
                    To(Collected<Int>())
                },
            ]
            for flow in flows {
                let problem = await problem(flow)
                #expect((problem != nil) == isRefused, "\(problem ?? "")")
                #expect(problem?.contains("in the flow \"x\": ") != false, "\(problem ?? "")")
                #expect(problem?.contains("\(duration.nanoseconds) ns") != false, "\(problem ?? "")")
            }
        }
    }

    @Test("an offset as long as the step, an interval whose ends have changed places")
    func offsets() async throws {
        for offset in [Duration.seconds(5), .seconds(-5), .seconds(-1e12)] {
            let error = await #expect(throws: EngineError.self) {
                try await Flow("x") {
                    Self.source([0])
                    KeyBy(\Step.key)
                    Tumbling(every: .seconds(5), offset: offset)
                    Count()
                    To(Collected<Counted<Double>>())
                }.run()
            }
            #expect(
                error?.summary.contains(
                    "a window's offset must be smaller than its step of 5000000000 ns, but it is \(offset.nanoseconds) ns"
                )
                    == true)
        }
        let error = await #expect(throws: EngineError.self) {
            try await Flow("x") {
                Join(Self.source([0]), Self.source([0]), on: \.key, \.key, between: .seconds(3), .seconds(-2)) {
                    (a: Step, b: Step) in 1
                }
                To(Collected<Int>())
            }.run()
        }
        #expect(
            error?.summary.contains("an interval's lower end (3000000000 ns) lies above its upper end (-2000000000 ns)")
                == true)
    }

    private struct Fussy: Aggregator {
        func makeState() -> [Int] { [] }
        func add(_ step: Step, at place: EventPlace, to state: inout [Int]) throws {
            state.append(step.value)
            guard step.value % 3 != 1 else { throw ErrorFlowTests.OutOfRange(value: Double(step.value)) }
        }
        func merge(_ later: [Int], into state: inout [Int]) { state += later }
        func result(of state: [Int], in window: WindowSpan) -> [Int] { state }
    }

    @Test("an aggregate that throws: the run ends, the event is left out, or it is a dead letter")
    func aggregateThrows() async throws {
        for policy in [ErrorPolicy.fail, .skip, .deadLetter(to: Self.letters)] {
            let (rows, bad) = (Collected<KeyedResult<Double, [Int]>>(), Collected<DeadLetter>())
            let body = {
                _ = Flow("x") {
                    Self.source([0, 1, 2, 3, 4, 5])
                    KeyBy(\Step.key)
                    Tumbling(every: .seconds(1))
                    Aggregate(Fussy()).onError(policy)
                    To(rows)
                }
                guard case .deadLetter = policy else { return }
                _ = Flow("letters") {
                    From(Self.letters)
                    To(bad)
                }
            }
            guard policy != .fail else {
                let error = await #expect(throws: EngineError.self) { _ = try await ErrorFlowTests.run(body) }
                #expect(
                    error?.summary
                        == "stage x/Aggregate failed at event 1 of partition 0 of x/From: 1.0 is no temperature")
                continue
            }
            let run = try await ErrorFlowTests.run(body)
            #expect(rows.values.map(\.value) == [[0, 2, 3, 5]])
            #expect(run.progress.operators[StageName(flow: "x", stage: "Aggregate")]?.skippedEvents == 2)
            #expect(numbers(bad) == (policy == .skip ? [] : [1, 4]))
        }
    }

    @Test("a function over whole windows that throws leaves out their rows, and names them in the letters")
    func wholeWindowThrows() async throws {
        let (rows, bad) = (Collected<KeyedResult<Double, Int>>(), Collected<DeadLetter>())
        _ = try await ErrorFlowTests.run {
            _ = Flow("x") {
                Self.source((Int64(0)..<6).map { $0 * 500_000_000 })
                KeyBy(\Step.key)
                Tumbling(every: .seconds(1))
                WholeWindow { (_: WindowSpan, steps: [Step]) throws in
                    guard steps[0].value != 2 else { throw ErrorFlowTests.OutOfRange(value: 2) }
                    return steps.count
                }.onError(.deadLetter(to: Self.letters))
                To(rows)
            }
            _ = Flow("letters") {
                From(Self.letters)
                To(bad)
            }
        }
        #expect(rows.values.map(\.window.start.nanoseconds) == [0, 2_000_000_000])
        #expect(bad.values.compactMap { $0.window?.start.nanoseconds } == [1_000_000_000])
        #expect(bad.values.first?.key(as: Double.self) == 1 && bad.values.first?.error == "2.0 is no temperature")
    }

    private struct Hoarder: KeyedProcess {
        typealias Key = Double
        let all = ListState("all", of: Step.self)
        func process(
            _ step: Step, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Int>,
            context: ProcessContext<Double>
        ) { state.append(step, to: all) }
    }

    @Test("state over the limit ends the run, and says of which stage, how many keys there are and what to do")
    func stateLimit() async throws {
        let error = await #expect(throws: EngineError.self) {
            try await Flow("x") {
                Self.source((Int64(0)..<2000).map { $0 })
                KeyBy(\Step.key)
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
