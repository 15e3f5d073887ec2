import Dispatch
import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Metrics: watermark and lag, why a window is held, and by which partition", .timeLimit(.minutes(10)))
struct HoldTests {
    /// Tumbling windows of 10 over partitions that never end.
    private func flow(_ partitions: [[Step]], maxDrift: Int64? = nil, idleAfter: Int64? = nil) -> FlowDescription {
        var from = StageDescription.from(ScriptedSource(partitions: partitions, isEndless: true)).named("readings")
        from.reading.maxDrift = maxDrift
        from.reading.idleAfter = idleAfter
        return FlowDescription(
            name: "f",
            stages: [
                from, .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: 10, every: 10)), Aggregate(.sum, .integer)).named("sums"),
                .to(Collector(Row.self)),
            ])
    }

    private func partition(_ number: Int) -> SourcePartitionName {
        SourcePartitionName(stage: StageName(flow: "f", stage: "readings"), partition: number)
    }

    @Test("a partition without a record holds all windows; the summary of a stopped run says so", arguments: [1, 2])
    func noRecord(parallelism: Int) async throws {
        let flow = flow([[.e(5), .e(15, key: 1), .e(16)], []])
        let watched = try WatchedRun([flow], parallelism: parallelism)
        let figures = try await watched.figures { $0.stages.reduce(0) { $0 + $1.stateKeys } == 3 }
        // Two keys, one of them in two windows: three entries.
        let windows = try #require(figures.stages.flatMap(\.operators).first { $0.stateKeys > 0 })
        #expect(windows.name.description == "f/sums")
        #expect(windows.openWindows >= 2 && windows.firstEnd == Timestamp(nanoseconds: 10))
        for figures in [figures, try await watched.stop()] {
            for stage in figures.stages {
                #expect(stage.hold == WatermarkHold(partition: partition(1), reason: .noRecordYet))
                #expect(stage.watermark == .distantPast && stage.lag == nil)
            }
            #expect(figures.stages.first?.partitions.map(\.reading).last == .noRecordYet)
            // Two instances have one of the windows each, or one has both of its keys.
            #expect(figures.stages.reduce(0) { $0 + $1.openWindows } >= 2)
        }
    }

    @Test("a partition that has had nothing for a time is named with the time", arguments: [1, 2])
    func quiet(parallelism: Int) async throws {
        let watched = try WatchedRun([flow([[.e(3)], [.e(2), .e(104)]])], parallelism: parallelism)
        _ = try await watched.figures { $0.stages.allSatisfy { $0.watermark.nanoseconds == 2 } }
        watched.clock.advance(by: 99_999_999)
        #expect(watched.run.figures?.stages[0].hold?.reason == .reading, "what has just been read is not quiet")
        watched.clock.advance(by: 4_900_000_001)
        let figures = try await watched.figures { $0.stages[0].hold?.reason != .reading }
        #expect(figures.elapsed == .seconds(5))
        for stage in figures.stages {
            #expect(stage.hold == WatermarkHold(partition: partition(0), reason: .quiet(.seconds(5))))
            // 104 has been seen, and ascending times leave the watermark one tick behind the largest.
            #expect(stage.lag == .nanoseconds(104 - 2))
        }
        let end = try await watched.stop()
        #expect(end.stages.map(\.openWindows).reduce(0, +) == 2)
    }

    @Test("a partition that waits for another one says so, and the other one is who holds")
    func aligned() async throws {
        let watched = try WatchedRun([flow([[.e(0)], [.e(1), .e(1000), .e(1001)]], maxDrift: 50)])
        func isPaused(_ figures: RunFigures) -> Bool {
            if case .paused = figures.stages[0].partitions.last?.reading { true } else { false }
        }
        _ = try await watched.figures { isPaused($0) && $0.stages.allSatisfy { $0.watermark.nanoseconds == -1 } }
        watched.clock.advance(by: 3_000_000_000)
        let figures = try await watched.figures { $0.stages[0].partitions[0].held == .seconds(3) }
        let (slow, fast) = (figures.stages[0].partitions[0], figures.stages[0].partitions[1])
        #expect(fast.reading == .paused(.seconds(3)) && fast.paused == .seconds(3))
        #expect(fast.events == 2 && fast.held == .zero)
        #expect(slow.reading == .quiet(.seconds(3)) && slow.paused == .zero)
        // The watermarks are 999 and -1.
        #expect(slow.largestLead == .nanoseconds(1000))
        for stage in figures.stages {
            #expect(stage.hold == WatermarkHold(partition: partition(0), reason: .quiet(.seconds(3))))
            #expect(stage.lag == .nanoseconds(1001))
        }
        _ = try await watched.stop()
    }

    @Test("a partition left out as idle does not hold, and is told")
    func idle() async throws {
        let watched = try WatchedRun([flow([[.e(3)], [.e(2), .e(104)]], idleAfter: 1_000_000_000)])
        _ = try await watched.figures { $0.stages.allSatisfy { $0.watermark.nanoseconds == 2 } }
        watched.clock.advance(by: 2_000_000_000)
        let figures = try await watched.figures { figures in
            figures.stages.allSatisfy { $0.watermark.nanoseconds == 103 } && figures.stages.last?.openWindows == 1
        }
        #expect(figures.stages[0].partitions.first?.reading == .idle(.seconds(2)))
        #expect(figures.stages.last?.hold?.partition == partition(1))
        _ = try await watched.stop()
    }

    @Test("an edge whose receiver does not keep up is named, with how long the sender has waited")
    func blocked() async throws {
        let gate = DispatchSemaphore(value: 0)
        let source = ScriptedSource(partitions: [(0..<60_000).map { .e($0) }])
        let numbers = NumberKernel(integers: { rows, input, numbers in
            for k in 0..<rows.count {
                numbers[rows[k]] = input.assumingMemoryBound(to: Sample.self)[rows[k]].number
                if numbers[rows[k]] == 0 { gate.wait() }
            }
            return KernelOutcome(processed: rows.count)
        })
        let sum = Aggregate(.sum, of: numbers, row: ValueType(Row.self)) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Row.self) + k).initialize(to: Row(rows, k, keyedByText: false))
            }
        }
        let flow = FlowDescription(
            name: "f",
            stages: [
                StageDescription.from(source).named("readings"), .keyBy { (s: Sample) in s.key },
                .aggregate(.time(TimeWindows(size: 1000, every: 1000)), sum).named("sums"), .to(Collector(Row.self)),
            ])
        let watched = try WatchedRun([flow], batch: 1000, parallelism: 2)
        // Until the one who waits for its turn has the queue filled, and all others have taken what they were sent.
        _ = try await watched.figures { figures in
            guard let edge = figures.edges.first(where: { $0.isBlocked && $0.fill == 1 }) else { return false }
            return figures.stages[1].hold?.reason == .blocked(from: edge.from, to: edge.to)
        }
        watched.clock.advance(by: 2_000_000_000)
        let figures = try #require(watched.run.figures)
        let edge = try #require(figures.edges.first { $0.isBlocked })
        #expect(edge.fill == 1 && edge.queued >= 4000)
        #expect(edge.blocked == .seconds(2))
        #expect(figures.stages[0].instances.first?.blocked == .seconds(2))
        #expect(figures.stages[0].hold?.reason == .blocked(from: edge.from, to: edge.to))
        #expect(figures.stages[1].hold?.reason == .blocked(from: edge.from, to: edge.to))
        #expect(figures.stages[1].hold?.partition == partition(0))
        #expect(figures.stages[1].instances[edge.to.instance].eventsIn + edge.queued == edge.events)
        gate.signal()
        let end = try await watched.end()
        #expect(end.stages[0].instances.first?.blocked == .seconds(2))
        #expect(end.stages.allSatisfy { $0.hold == nil })
        #expect(!end.edges.contains { $0.isBlocked || $0.queued > 0 })
    }
}
