import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("Aggregates that throw")
struct ThrowingAggregateTests {
    private struct Fussy: Aggregator {
        func makeState() -> [Int] { [] }
        func add(_ step: BadInput.Step, at place: EventPlace, to state: inout [Int]) throws {
            state.append(step.value)
            guard step.value % 3 != 1 else { throw ErrorFlowTests.OutOfRange(value: Double(step.value)) }
        }
        func merge(_ later: [Int], into state: inout [Int]) { state += later }
        func result(of state: [Int], in window: WindowSpan) -> [Int] { state }
    }

    @Test("an aggregate that throws: the run ends, the event is left out, or it is a dead letter")
    func aggregateThrows() async throws {
        for policy in [ErrorPolicy.fail, .skip, .deadLetter(to: BadInput.letters)] {
            let (rows, bad) = (Collected<KeyedResult<Double, [Int]>>(), Collected<DeadLetter>())
            let body = {
                _ = Flow("x") {
                    BadInput.source([0, 1, 2, 3, 4, 5])
                    KeyBy(\BadInput.Step.key)
                    Tumbling(every: .seconds(1))
                    Aggregate(Fussy()).onError(policy)
                    To(rows)
                }
                guard case .deadLetter = policy else { return }
                _ = Flow("letters") {
                    From(BadInput.letters)
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
            #expect(bad.numbers == (policy == .skip ? [] : [1, 4]))
        }
    }

    @Test("a function over whole windows that throws leaves out their rows, and names them in the letters")
    func wholeWindowThrows() async throws {
        let (rows, bad) = (Collected<KeyedResult<Double, Int>>(), Collected<DeadLetter>())
        _ = try await ErrorFlowTests.run {
            _ = Flow("x") {
                BadInput.source((Int64(0)..<6).map { $0 * 500_000_000 })
                KeyBy(\BadInput.Step.key)
                Tumbling(every: .seconds(1))
                WholeWindow { (_: WindowSpan, steps: [BadInput.Step]) throws in
                    guard steps[0].value != 2 else { throw ErrorFlowTests.OutOfRange(value: 2) }
                    return steps.count
                }.onError(.deadLetter(to: BadInput.letters))
                To(rows)
            }
            _ = Flow("letters") {
                From(BadInput.letters)
                To(bad)
            }
        }
        #expect(rows.values.map(\.window.start.nanoseconds) == [0, 2_000_000_000])
        #expect(bad.values.compactMap { $0.window?.start.nanoseconds } == [1_000_000_000])
        #expect(bad.values.first?.key(as: Double.self) == 1 && bad.values.first?.error == "2.0 is no temperature")
    }
}
