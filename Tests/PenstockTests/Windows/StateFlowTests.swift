import Foundation
import PenstockEngine
import TestSupport
import Testing

@testable import Penstock

@Suite("Processes, global windows and scans in a flow")
struct StateFlowTests {
    private struct Step: Sendable {
        let lane: Int
        let value: Int
        let second: Int64
    }

    /// Adds up the values of a lane. The file imports Foundation, which has a `Process` of its own.
    private struct Adding: KeyedProcess {
        let sum = ValueState("sum", of: Int.self)

        func process(
            _ step: Step, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<[Int]>,
            context: ProcessContext<Int>
        ) {
            state[sum, default: 0] += step.value
            output.append([context.key, state[sum] ?? 0])
        }
    }

    private static func source() -> Generated<Step> {
        Generated(9) { n in
            (
                Step(lane: n % 2, value: n, second: Int64(n)),
                Timestamp(nanoseconds: Int64(n) * 1_000_000_000)
            )
        }
    }

    @Test("keyed state is that of the key", arguments: [1, 4])
    func process(parallelism: Int) async throws {
        let sums = Collected<[Int]>()
        try await Flow("sums") {
            From(Self.source())
            KeyBy(\Step.lane)
            Process(Adding(), stateLimit: 1 << 20)
            To(sums)
        }.run(parallelism: parallelism)
        #expect(sums.values == [[0, 0], [1, 1], [0, 2], [1, 4], [0, 6], [1, 9], [0, 12], [1, 16], [0, 20]])
    }

    @Test("state larger than memory is spilled to disk above the limit, with the same rows", arguments: [1, 4])
    func spilled(parallelism: Int) async throws {
        let folder = try TestFolder()
        let sums = Collected<[Int]>()
        try await Flow("sums") {
            From(Self.source())
            KeyBy(\Step.lane)
            Process(Adding(), memoryLimit: 8, stateLimit: 1 << 20)
            To(sums)
        }.run(parallelism: parallelism, options: RunOptions(spillDirectory: folder("state")))
        #expect(sums.values == [[0, 0], [1, 1], [0, 2], [1, 4], [0, 6], [1, 9], [0, 12], [1, 16], [0, 20]])
        #expect(folder.names() == ["state"] && folder.names(in: "state").isEmpty)
    }

    @Test("states beyond the limit go to the folder that is named, to the log, or among temporary files")
    func spillDirectory() throws {
        #expect(try RunSettings.parse(["--spill-directory", "x"]).spillDirectory(usesLog: true) == "x")
        #expect(try RunSettings.parse(["--log", "here"]).spillDirectory(usesLog: true) == "here/.spill")
        #expect(try RunSettings.parse([]).spillDirectory(usesLog: false) == nil)
    }

    @Test("a global window gives rows at its trigger, count windows have any aggregate")
    func windows() async throws {
        let (totals, best) = (Collected<Summed<Int, Int>>(), Collected<Windowed<[Step]>>())
        try await Flow("totals") {
            From(Self.source())
            KeyBy(\Step.lane)
            Global(every: .seconds(5), .purge)
            Sum(\Step.value)
            To(totals)
        }.run()
        #expect(totals.values.map(\.sum) == [0, 2 + 4, 1 + 3 + 5, 7, 6 + 8])
        try await Flow("best") {
            From(Self.source())
            Tumbling(count: 4, .dropRest)
            Top(1, by: \Step.value)
            To(best)
        }.run()
        #expect(best.values.map { $0.value.map(\.value) } == [[3], [7]])
    }

    @Test("scan windows are opened and closed by events")
    func scans() async throws {
        let scans = Collected<Scan<Int, Step>>()
        try await Flow("scans") {
            From(Self.source())
            Scans { (s: Step) -> ScanMark<Int> in s.value == 2 ? .begin(7) : s.value == 6 ? .end(7) : .data }
            To(scans)
        }.run()
        #expect(scans.values.map { $0.events.map(\.value) } == [[3, 4, 5]])
        #expect(scans.values.first?.id == 7 && scans.values.first?.isComplete == true)
    }
}
