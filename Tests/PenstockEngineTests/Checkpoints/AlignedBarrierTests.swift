import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Checkpoints by aligned barriers")
struct AlignedBarrierTests {
    @Test("an input whose barrier has come is left alone until the barriers of all inputs have")
    func gate() {
        var gate = InputGate(inputs: [0, 0, 0])
        #expect(gate.blocked == [false, false, false])
        #expect(gate.pass(.barrier(1), from: 1) == nil)
        #expect(gate.blocked == [false, true, false])
        #expect(gate.pass(.batch(Batch([(3, Sample(number: 3))])), from: 0)?.batch?.rowCount == 1)
        #expect(gate.pass(.barrier(1), from: 0) == nil)
        #expect(gate.blocked == [true, true, false])
        // An input that has ended has no barrier to wait for.
        guard case .barrier(1) = gate.pass(.end, from: 2) else {
            Issue.record("the barrier was not passed on")
            return
        }
        #expect(gate.blocked == [false, false, false])
    }

    @Test("what an input sends behind its barrier waits in its queue, and comes behind the barrier of the stage")
    func inbox() async throws {
        let inbox = Inbox(inputs: [0, 0])
        func send(_ number: Int64, from sender: Int) async throws {
            try await inbox.send(.batch(Batch([(number, Sample(number: number))])), from: sender)
        }
        try await inbox.send(.barrier(1), from: 0)
        try await send(10, from: 0)
        try await send(1, from: 1)
        try await send(2, from: 1)
        try await inbox.send(.barrier(1), from: 1)
        try await send(11, from: 1)
        var gate = InputGate(inputs: [0, 0])
        var seen: [String] = []
        while seen.count < 5 {
            let taken = try await inbox.receive(except: gate.blocked)
            switch gate.pass(taken.element, from: taken.sender) {
            case .batch(let batch)?: seen += batch.values(Sample.self).map { "\($0.number)" }
            case .barrier(let epoch)?: seen.append("barrier \(epoch)")
            default: break
            }
        }
        let barrier = try #require(seen.firstIndex(of: "barrier 1"))
        #expect(seen[..<barrier] == ["1", "2"], "\(seen)")
        #expect(seen[(barrier + 1)...].sorted() == ["10", "11"])
    }
}
