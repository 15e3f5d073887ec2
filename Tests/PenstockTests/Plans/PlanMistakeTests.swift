import Testing

@testable import Penstock

private struct Reading: FixedEvent {
    var sensor: UInt64
    var value: Double
    static let schema = Schema("plan.Reading", fields: [.init("sensor", .u64), .init("value", .f64)])
}

/// As `Reading` has it, but another schema.
private struct Weather: FixedEvent {
    var degrees: Double
    static let schema = Schema("plan.Weather", fields: [.init("degrees", .f64)])
}

/// Has padding between its fields.
private struct Padded: FixedEvent {
    var flag: UInt8
    var value: Double
    static let schema = Schema("plan.Padded", fields: [.init("flag", .u8), .init("value", .f64)])
}

private let readings = Topic<Reading>("readings")

/// The error of planning the flows that `body` makes.
private func planError(@PipelineBuilder _ body: () -> Flows) -> EngineError? {
    let recorder = FlowRecorder()
    FlowRecorder.$current.withValue(recorder) { _ = body() }
    do {
        _ = try PhysicalPlan(recorder.recorded)
        return nil
    } catch {
        return error
    }
}

@Suite("What the compiler cannot see fails when the plan is made")
struct PlanMistakeTests {
    @Test("two flows of one name")
    func twoFlows() throws {
        let error = try #require(
            planError {
                Flow("copy") {
                    From(readings, disorder: .ascending)
                    To(Topic<Reading>("a"))
                }
                Flow("copy") {
                    From(readings, disorder: .ascending)
                    To(Topic<Reading>("b"))
                }
            })
        #expect(error.summary == "the pipeline cannot be planned: two flows are named \"copy\"")
        #expect(error.hint == "state and positions hang on the names of flows: give each its own")
        #expect(error.category == .usage)
    }

    @Test("a flow that nobody uses, though a flow of the same type is used")
    func unused() throws {
        let recorder = FlowRecorder()
        FlowRecorder.$current.withValue(recorder) {
            let used = Flow("used") { From(readings, disorder: .ascending) }
            _ = Flow("unused") { From(readings, disorder: .ascending) }
            _ = Flow("copy") {
                used
                To(Topic<Reading>("a"))
            }
        }
        let error = #expect(throws: EngineError.self) { try PhysicalPlan(recorder.recorded) }
        #expect(error?.summary == "the pipeline cannot be planned: nobody uses the flow \"unused\"")
        #expect(error?.hint?.contains("end it with To(…)") == true)
    }

    @Test("a pipeline without a flow")
    func empty() {
        let error = planError {
            if Bool(false) {
                Flow("copy") {
                    From(readings, disorder: .ascending); To(readings)
                }
            }
        }
        #expect(error?.summary == "the pipeline cannot be planned: it has no flows")
    }

    @Test("names that cannot be told apart or taken apart", arguments: ["", "a/b"])
    func names(_ name: String) throws {
        let error = try #require(
            planError {
                Flow(name) {
                    From(readings, disorder: .ascending)
                    To(Topic<Reading>("a"))
                }
            })
        #expect(error.summary.contains(name.isEmpty ? "a flow has an empty name" : "has a slash in its name"))
    }

    @Test("two stages of one name")
    func twoStages() {
        let error = planError {
            Flow("copy") {
                From(readings, disorder: .ascending)
                Filter { (r: Reading) in r.value > 0 }.named("valid")
                Filter { (r: Reading) in r.value < 9 }.named("valid")
                To(Topic<Reading>("a"))
            }
        }
        #expect(error?.summary.hasSuffix("two stages of the flow \"copy\" are named \"valid\"") == true)
    }

    @Test(
        "windows that are none",
        arguments: [
            (Duration.seconds(0), Duration.seconds(0)), (.seconds(-1), .zero), (.seconds(1), .seconds(1)),
            (.seconds(1), .seconds(-1)), (.seconds(1 << 31), .zero),
        ])
    func tumbling(_ size: Duration, _ offset: Duration) throws {
        let error = try #require(planError { means(Tumbling(every: size, offset: offset)) })
        #expect(error.summary.hasPrefix("the pipeline cannot be planned: Mean in the flow \"means\": a window"))
        #expect(error.category == .usage)
    }

    @Test("count windows that are none", arguments: [0, -1, CountWindows.largest + 1])
    func count(_ count: Int) throws {
        let error = try #require(planError { means(Tumbling(count: count)) })
        #expect(error.summary.contains("a count window"))
    }

    @Test("the smallest windows are windows")
    func smallest() {
        #expect(planError { means(Tumbling(every: .nanoseconds(1))) } == nil)
        #expect(planError { means(Tumbling(count: 1)) } == nil)
    }

    private func means(_ window: Tumbling) -> Flow<Closed> {
        Flow("means") {
            From(readings, disorder: .ascending)
            KeyBy(\Reading.sensor)
            window
            Mean(\Reading.value)
            To(Collected<Averaged<UInt64>>())
        }
    }

    @Test("sliding windows without a step")
    func sliding() {
        let error = planError {
            Flow("means") {
                From(readings, disorder: .ascending)
                KeyBy(\Reading.sensor)
                Sliding(.seconds(1), every: .zero)
                Count()
                To(Collected<Counted<UInt64>>())
            }
        }
        #expect(
            error?.summary.contains("Count in the flow \"means\": a window's length and step must be positive") == true)
    }

    @Test("a negative disorder bound")
    func disorder() {
        let error = planError {
            Flow("copy") {
                From(readings, disorder: .bounded(by: .seconds(-1)))
                To(Topic<Reading>("a"))
            }
        }
        #expect(error?.summary.contains("From in the flow \"copy\": a disorder bound must lie between 0 and") == true)
    }

    @Test("a parallelism that no stage can have", arguments: [0, -1, 129])
    func parallelism(_ count: Int) {
        let error = planError {
            Flow("copy") {
                From(readings, disorder: .ascending)
                Filter { (r: Reading) in r.value > 0 }.parallelism(count)
                To(Topic<Reading>("a"))
            }
        }
        #expect(error?.summary.contains("Filter in the flow \"copy\" asks for a parallelism of \(count)") == true)
        #expect(error?.hint?.contains("between 1 and 128") == true)
    }

    @Test("one topic with two schemas")
    func schemas() {
        let error = planError {
            Flow("copy") {
                From(readings, disorder: .ascending)
                Map { (r: Reading) in Weather(degrees: r.value) }
                To(Topic<Weather>("readings"))
            }
        }
        #expect(
            error?.summary.hasSuffix(
                "the topic \"readings\" is used with two schemas, plan.Reading@1 and plan.Weather@1") == true)
    }

    @Test("an event with padding")
    func padding() {
        let error = planError {
            Flow("copy") {
                From(Generated(1) { _ in (Padded(flag: 1, value: 2), Timestamp(nanoseconds: 0)) })
                Persist(topic: "padded")
                To(Topic<Padded>("copy"))
            }
        }
        #expect(error?.summary.contains("Padded occupies 16 bytes, but the fields of its schema take 9") == true)
    }
}
