import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("Bad durations")
struct BadDurationTests {
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
                BadInput.source([0])
                KeyBy(\BadInput.Step.key)
                Tumbling(every: duration)
                Count()
                To(Collected<Counted<Double>>())
            })
        let sliding = await problem(
            Flow("x") {
                BadInput.source([0])
                KeyBy(\BadInput.Step.key)
                Sliding(.seconds(1), every: duration)
                Count()
                To(Collected<Counted<Double>>())
            })
        let session = await problem(
            Flow("x") {
                BadInput.source([0])
                KeyBy(\BadInput.Step.key)
                Session(gap: duration)
                Count()
                To(Collected<Counted<Double>>())
            })
        let global = await problem(
            Flow("x") {
                BadInput.source([0])
                KeyBy(\BadInput.Step.key)
                Global(every: duration, .keep)
                Count()
                To(Collected<Counted<Double>>())
            })
        let join = await problem(
            Flow("x") {
                Join(BadInput.source([0]), BadInput.source([0]), on: \.key, \.key, within: .session(gap: duration)) {
                    (a: BadInput.Step, b: BadInput.Step) in a.value
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
            let steps = Generated(1) { n in (BadInput.Step(key: 1, value: n), Timestamp(nanoseconds: 0)) }
            let flows = [
                Flow("x") {
                    From(steps, disorder: .bounded(by: duration))
                    To(Collected<BadInput.Step>())
                },
                Flow("x") {
                    From(steps).aligned(maxDrift: duration)
                    To(Collected<BadInput.Step>())
                },
                Flow("x") {
                    From(steps)
                    KeyBy(\BadInput.Step.key)
                    Tumbling(every: .seconds(1))
                    AllowedLateness(duration)
                    Count()
                    To(Collected<Counted<Double>>())
                },
                Flow("x") {
                    AsOf(From(steps), From(steps), on: \.key, \.key, .backward(tolerance: duration)) {
                        (a: BadInput.Step, b: BadInput.Step?) in 1
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
                    BadInput.source([0])
                    KeyBy(\BadInput.Step.key)
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
                Join(BadInput.source([0]), BadInput.source([0]), on: \.key, \.key, between: .seconds(3), .seconds(-2)) {
                    (a: BadInput.Step, b: BadInput.Step) in 1
                }
                To(Collected<Int>())
            }.run()
        }
        #expect(
            error?.summary.contains("an interval's lower end (3000000000 ns) lies above its upper end (-2000000000 ns)")
                == true)
    }
}
