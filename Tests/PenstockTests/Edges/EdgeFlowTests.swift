import Penstock
import PenstockEngine
import TestSupport
import Testing

private struct Reading: FixedEvent {
    var sensor: UInt64
    var value: Double
    static let schema = Schema("edges.Reading", fields: [.init("sensor", .u64), .init("value", .f64)])
}

/// Readings of three sensors, one a second.
private func source(_ count: Int) -> From<Reading> {
    From(
        Generated(count) { index in
            (
                Reading(sensor: UInt64(index % 3), value: Double(index)),
                Timestamp(nanoseconds: Int64(index) * 1_000_000_000)
            )
        })
}

@Suite("Per-edge policies in flows")
struct EdgeFlowTests {
    @Test("an edge blocks, or drops the oldest, or keeps the latest only, in order, and says how many were dropped")
    func stages() async throws {
        let (latest, perKey, newest) = (Collected<Reading>(), Collected<Reading>(), Collected<Reading>())
        let all = Collected<Reading>()
        let recorder = FlowRecorder()
        FlowRecorder.$current.withValue(recorder) {
            let readings = Flow("readings") {
                source(1000)
                KeyBy(\Reading.sensor)
            }
            _ = Flow("archive") {
                readings
                To(all)
            }
            _ = Flow("preview") {
                readings
                Latest(every: .seconds(1000))
                To(latest)
            }
            _ = Flow("sensors") {
                readings
                Latest().perKey(keyLimit: 100).named("latest of each")
                To(perKey)
            }
            _ = Flow("display") {
                readings
                DropOldest(capacity: 50)
                Filter { (r: Reading) in r.value >= 0 }
                To(newest)
            }
        }
        let run = PipelineRun(try PhysicalPlan(recorder.recorded), options: RunOptions(batchEvents: 10), log: nil)
        try await run.run()
        #expect(all.values.map(\.value) == (0..<1000).map(Double.init), "an edge that blocks drops nothing")
        #expect(latest.values.count <= 2 && latest.values.last?.value == 999, "more than one in an interval")
        #expect(perKey.values.suffix(3).map(\.value) == [997, 998, 999])
        #expect(newest.values.suffix(50).map(\.value) == (950..<1000).map(Double.init))
        for (flow, stage, rows) in [
            ("preview", "Latest", latest), ("sensors", "latest of each", perKey), ("display", "DropOldest", newest),
        ] {
            let dropped = run.progress.operators[StageName(flow: flow, stage: stage)]?.droppedEvents
            #expect(dropped == 1000 - rows.values.count)
            #expect(zip(rows.values, rows.values.dropFirst()).allSatisfy { $0.value < $1.value })
        }
    }

    @Test("files and topics take what is left only where that is meant")
    func files() throws {
        let folder = try TestFolder()
        let output = CSVOutput("\(folder.path)/rows.csv", columns: ["value"]) { (r: Reading) in [.number(r.value)] }
        let file = Flow("file") {
            source(3)
            Latest()
            To(output)
        }
        let error = #expect(throws: EngineError.self) { try PhysicalPlan([file.description]) }
        #expect(
            error?.summary
                == "the pipeline cannot be planned: To in the flow \"file\" keeps each row exactly once, but Latest in the flow \"file\" drops events before it"
        )
        let topic = Flow("topic") {
            source(3)
            DropOldest(capacity: 2)
            To(Topic<Reading>("left"))
        }
        #expect(throws: EngineError.self) { try PhysicalPlan([topic.description]) }
        let meant = Flow("meant") {
            source(3)
            Latest()
            To(output, allowLossy: true)
        }
        let meantTopic = Flow("meant topic") {
            source(3)
            Latest()
            To(Topic<Reading>("left"), allowLossy: true)
        }
        let plan = try PhysicalPlan([meant.description, meantTopic.description])
        #expect(plan.text.contains("because of Latest in the flow \"meant topic\" (drops events)"))
    }

    @Test("a loop through a stack is planned only where that is meant")
    func loop() throws {
        func plan(allowLossy: Bool) throws -> PhysicalPlan {
            let back = Feedback("back", of: Reading.self)
            let stack = Flow("stack") {
                Merge(source(3), From(back))
                NewestFirst(capacity: 4)
                Filter { (r: Reading) in r.value < 10 }
            }
            let rows = Flow("rows") {
                stack
                To(Collected<Reading>())
            }
            let loop = Flow("loop") {
                stack
                To(back, allowLossy: allowLossy)
            }
            return try PhysicalPlan([stack.description, rows.description, loop.description])
        }
        let error = #expect(throws: EngineError.self) { try plan(allowLossy: false) }
        #expect(error?.summary.contains("NewestFirst in the flow \"stack\" drops events before it") == true)
        let text = try plan(allowLossy: true).text
        #expect(text.contains("which never waits: the latest 4 events, the newest first"))
        #expect(text.contains("because of") && text.contains("NewestFirst in the flow \"stack\" (drops events)"))
    }

    @Test("numbers that cannot be are refused when the plan is made")
    func refused() throws {
        func refusal(_ flow: Flow<Closed>) -> String? {
            let error = #expect(throws: EngineError.self) { try PhysicalPlan([flow.description]) }
            return error?.summary
        }
        #expect(
            refusal(
                Flow("f") {
                    source(1); DropOldest(capacity: 0); To(Collected<Reading>())
                })
                == "the pipeline cannot be planned: DropOldest in the flow \"f\": at least one event has to be kept")
        #expect(
            refusal(
                Flow("f") {
                    source(1); Latest(every: .zero); To(Collected<Reading>())
                })
                == "the pipeline cannot be planned: Latest in the flow \"f\": the interval must be positive")
        #expect(
            refusal(
                Flow("f") {
                    source(1); KeyBy(\Reading.sensor); Latest().perKey(keyLimit: 0); To(Collected<Reading>())
                })
                == "the pipeline cannot be planned: Latest in the flow \"f\": at least one key has to be kept")
    }
}
