import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Windows over another axis, by position")
struct PositionWindowTests {
    private static let start = Step.control(.scanStart(ScanStart(scan: ScanID(1))))
    private static let end = Step.control(.scanEnd(ScanEnd(scan: ScanID(1), eventCount: 0)))

    /// Events at these positions; the number is the position.
    private static func at(_ positions: Int64...) -> [Step] {
        positions.map { Step.event($0, Sample(number: $0)) }
    }

    private func windows(
        _ rule: PositionWindows.Rule, _ steps: [Step], operation: Summing = Summing()
    ) async throws -> (sums: [WindowSum], times: [Int64], statistics: OperatorStatistics) {
        var first: (sums: [WindowSum], times: [Int64], statistics: OperatorStatistics)?
        for batch in [1, 2, 4096] {
            let collector = Collector(WindowSum.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(ScriptedSource(partitions: [steps], disorder: .bounded(by: .seconds(1)))),
                    .operation(AnyOperator(operation, windows: PositionWindows(rule)) { sample, _ in sample.number }),
                    .to(collector),
                ])
            let statistics = try await run([flow], batch: batch).statistics
            if let first { #expect(collector.values == first.sums, "batch \(batch)") }
            first = first ?? (collector.values, collector.times, statistics)
        }
        return try #require(first)
    }

    private func sum(_ sum: Int64, _ count: Int, _ index: Int, complete: Bool = true, last: Bool = false) -> WindowSum {
        WindowSum(sum: sum, count: count, index: index, isComplete: complete, isLast: last)
    }

    @Test("one window holds the whole scan, complete where the scan ended")
    func whole() async throws {
        let scan = [Self.start] + Self.at(1, 2, 3)
        #expect(try await windows(.whole, scan + [Self.end]).sums == [sum(6, 3, 0, last: true)])
        #expect(try await windows(.whole, scan).sums == [sum(6, 3, 0, complete: false, last: true)])
        #expect(try await windows(.whole, [Self.start, Self.end]).sums == [], "a scan without events has no window")
    }

    @Test("sliding windows grow at first, then events leave; the last one ends with the newest event")
    func sliding() async throws {
        let scan = [Self.start] + Self.at(0, 1, 2, 3, 4, 5, 6) + [Self.end]
        let result = try await windows(.sliding(size: 4, every: 2), scan)
        #expect(
            result.sums == [
                sum(0 + 1, 2, 0, complete: false), sum(0 + 1 + 2 + 3, 4, 1), sum(2 + 3 + 4 + 5, 4, 2),
                sum(3 + 4 + 5 + 6, 4, 3, last: true),
            ])
        #expect(result.times == [1, 3, 5, 6])
    }

    @Test("a scan one event longer than a window still ends with a full one")
    func oneMore() async throws {
        let scan = Self.at(0, 1, 2, 3, 4, 5, 6, 7, 8) + [Self.end]
        #expect(
            try await windows(.sliding(size: 8, every: 8), scan).sums == [
                sum(0 + 1 + 2 + 3 + 4 + 5 + 6 + 7, 8, 0), sum(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8, 8, 1, last: true),
            ])
    }

    @Test("a scan that broke off before a window was full has none that is complete")
    func brokenOff() async throws {
        let scan = Self.at(0, 1, 2, 3, 4) + [Self.end]
        #expect(try await windows(.sliding(size: 8, every: 4), scan).sums.map(\.isComplete) == [false, false])
    }

    @Test("a last window is complete where its steps reach its end, even if they are not quite even")
    func unevenSteps() async throws {
        let scan = Self.at(0, 99, 201, 298, 402, 497, 603, 699) + [Self.end]
        #expect(try await windows(.sliding(size: 800, every: 800), scan).sums.map(\.isComplete) == [true])
        #expect(try await windows(.sliding(size: 900, every: 900), scan).sums.map(\.isComplete) == [false])
    }

    @Test("a gap in the positions skips windows without events, however wide it is")
    func gaps() async throws {
        let far = Int64(1) << 55
        let scan = Self.at(0, 1, 9, far, far + 1) + [Self.end]
        #expect(
            try await windows(.sliding(size: 4, every: 2), scan).sums.map(\.sum)
                == [0 + 1, 0 + 1, 9, 9, far + far + 1])
    }

    @Test("events between windows that are further apart than long are outside, those that go back are late")
    func outside() async throws {
        let result = try await windows(.sliding(size: 2, every: 5), Self.at(3, 4, 6, 8, 9, 1) + [Self.end])
        #expect(result.sums.map(\.sum) == [3 + 4, 8 + 9])
        #expect(result.statistics == OperatorStatistics(lateEvents: 1, outsideEvents: 1))
    }

    @Test("the latest events, a window after each few of them; the last one at the end of the scan")
    func latest() async throws {
        let scan = Self.at(1, 2, 3, 4, 5, 6, 7) + [Self.end]
        #expect(
            try await windows(.latest(count: 4, every: 2), scan).sums == [
                sum(1 + 2, 2, 0, complete: false), sum(1 + 2 + 3 + 4, 4, 1), sum(3 + 4 + 5 + 6, 4, 2),
                sum(4 + 5 + 6 + 7, 4, 3, last: true),
            ])
        #expect(
            try await windows(.latest(count: 2, every: 3), Self.at(1, 2, 3, 4, 5, 6) + [Self.end]).sums == [
                sum(2 + 3, 2, 0), sum(5 + 6, 2, 1, last: true),
            ], "a window that is due at the end of the scan is the last, and there is no other")
    }

    @Test("each scan begins with an empty window and positions of its own")
    func scans() async throws {
        let scan = [Self.start] + Self.at(0, 1, 2, 3) + [Self.end]
        let one = [sum(0 + 1, 2, 0, complete: false), sum(0 + 1 + 2 + 3, 4, 1, last: true)]
        #expect(try await windows(.sliding(size: 4, every: 2), scan + scan).sums == one + one)
        let brokenOff = [Self.start] + Self.at(0, 1, 2)
        let broken = [sum(0 + 1, 2, 0, complete: false), sum(0 + 1 + 2, 3, 1, complete: false, last: true)]
        #expect(try await windows(.sliding(size: 4, every: 2), brokenOff + scan).sums == broken + one)
    }

    @Test("a result of several parts leaves part by part, so that each one waits for its consumers")
    func parts() throws {
        var processor = PositionWindowProcessor(
            Summing(parts: 3), windows: PositionWindows(.whole), position: { sample, _ in sample.number },
            context: OperatorContext(stage: testStage, parallelism: 1, report: { _ in }),
            origin: Origin(stage: 0, partition: 0))
        #expect(try processor.outputs(.batch(Batch([(1, Sample(number: 5))]))).isEmpty)
        try processor.accept(.end)
        for part in 0..<3 {
            let sums = try processor.next()?.batch?.values(WindowSum.self)
            #expect(sums?.map(\.part) == [part])
        }
        #expect(try processor.next()?.isEnd == true)
        #expect(try processor.next() == nil)
    }

    @Test("parts that put nothing out do not nest", .timeLimit(.minutes(5)))
    func silentParts() async throws {
        let scan = Self.at(1) + [Self.end]
        let sums = try await windows(.whole, scan, operation: Summing(parts: 200_000, silent: true)).sums
        #expect(sums.map(\.part) == [199_999])
    }

    @Test("positions before the window that is open leave as late, those in gaps as outside")
    func sides() async throws {
        let names = [
            SidePort.late: SideOutputName("late", of: Sample.self),
            .outside: SideOutputName("outside", of: Sample.self),
        ]
        for batch in [1, 3, 4096] {
            let sinks = [SidePort.late: Collector(Sample.self), .outside: Collector(Sample.self)]
            // Windows are [6, 10), [16, 20) and so on.
            let rule = PositionWindows(.sliding(size: 4, every: 10))
            var windows = StageDescription.operation(
                AnyOperator(Summing(), windows: rule) { sample, _ in sample.number })
            windows.sides = names
            let sums = Collector(WindowSum.self)
            let steps = [2, 7, 8, 12, 16, 5, 17].enumerated().map { index, place in
                Step.event(Int64(index), Sample(number: Int64(place)))
            }
            var flows = [
                FlowDescription(
                    name: "main", stages: [.from(ScriptedSource(partitions: [steps])), windows, .to(sums)])
            ]
            for (port, name) in names {
                let sink = try #require(sinks[port])
                flows.append(
                    FlowDescription(
                        name: name.name, stages: [StageDescription(.side(name), label: "From"), .to(sink)]))
            }
            let run = try await run(flows, batch: batch)
            #expect(sums.values.map(\.sum) == [7 + 8, 16 + 17])
            #expect(sinks[.late]?.values.map(\.number) == [5] && sinks[.late]?.times == [5])
            #expect(sinks[.outside]?.values.map(\.number) == [2, 12] && sinks[.outside]?.times == [0, 3])
            #expect(run.statistics == OperatorStatistics(lateEvents: 1, outsideEvents: 2))
        }
    }
}
