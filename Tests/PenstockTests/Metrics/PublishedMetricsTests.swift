import MetricsTestKit
import Penstock
import PenstockEvents
import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("What is published through swift-metrics")
struct PublishedMetricsTests {
    private struct Reading: Sendable {
        let sensor: Int64
        let value: Double
    }

    /// A run over 1000 readings of 10 sensors, one a second; every hundredth comes 200 s late.
    private func figures() async throws -> RunFigures {
        let flow = Flow("means") {
            From(
                Generated(1000) { n in
                    let second = Int64(n % 100 == 99 ? n - 200 : n)
                    return (
                        Reading(sensor: Int64(n % 10), value: 1), Timestamp(nanoseconds: second * 1_000_000_000)
                    )
                }, disorder: .bounded(by: .zero))
            KeyBy(\Reading.sensor)
            Tumbling(every: .seconds(100))
            Count()
            To(Collected<Counted<Int64>>())
        }
        let run = PipelineRun(try PhysicalPlan([flow.description]), options: RunOptions(), log: nil)
        try await run.run()
        return try #require(run.figures)
    }

    @Test("counters get what is new, under the labels and dimensions of the page on metrics")
    func counters() async throws {
        let figures = try await figures()
        let backend = TestMetrics()
        var publisher = MetricsPublisher("Means", factory: backend)
        publisher.publish(figures)
        let names = [("pipeline", "Means"), ("stage", "0"), ("instance", "0")]
        let input = try backend.expectCounter("penstock.stage.events_in", names)
        #expect(input.totalValue == 1000)
        // 8 bytes of time and 16 of the reading.
        #expect(try backend.expectCounter("penstock.stage.bytes_in", names).totalValue == 1000 * 24)
        let source = figures.stages[0].partitions[0].name.stage.description
        let partition = [("pipeline", "Means"), ("source", source), ("partition", "0")]
        #expect(try backend.expectCounter("penstock.partition.events", partition).totalValue == 1000)
        let step = try #require(figures.stages.flatMap(\.operators).first { $0.statistics.lateEvents > 0 })
        let operators = [("pipeline", "Means"), ("operator", step.name.description)]
        // 99 - 200 and 199 - 200 are late as well: the watermark is past the ends of their windows.
        #expect(try backend.expectCounter("penstock.operator.late_events", operators).totalValue == 10)
        #expect(try backend.expectGauge("penstock.operator.open_windows", operators).lastValue == 0)
        // The same figures once more bring nothing new.
        publisher.publish(figures)
        #expect(input.totalValue == 1000 && input.values.count == 1)
        #expect(try backend.expectGauge("penstock.operator.open_windows", operators).values.count == 2)
    }

    @Test("who holds a stage is 1 under partition and reason, and 0 once it is somebody else")
    func holds() async throws {
        let backend = TestMetrics()
        var publisher = MetricsPublisher("Means", factory: backend)
        var figures = try await figures()
        let source = StageName(flow: "means", stage: "From")
        func hold(_ partition: Int, _ reason: WatermarkHold.Reason) {
            figures.stages[0].hold = WatermarkHold(
                partition: SourcePartitionName(stage: source, partition: partition), reason: reason)
            figures.stages[0].watermark = Timestamp(nanoseconds: 1_500_000_000)
            figures.stages[0].lag = .milliseconds(250)
            publisher.publish(figures)
        }
        func value(_ partition: Int, _ reason: String) throws -> Double? {
            try backend.expectGauge(
                "penstock.stage.held",
                [
                    ("pipeline", "Means"), ("stage", "0"), ("source", "means/From"), ("partition", "\(partition)"),
                    ("reason", reason),
                ]
            ).lastValue
        }
        hold(1, .noRecordYet)
        #expect(try value(1, "no_record_yet") == 1)
        hold(1, .quiet(.seconds(3)))
        #expect(try value(1, "no_record_yet") == 0)
        #expect(try value(1, "quiet") == 1)
        hold(0, .quiet(.seconds(1)))
        #expect(try value(1, "quiet") == 0)
        #expect(try value(0, "quiet") == 1)
        let names = [("pipeline", "Means"), ("stage", "0")]
        #expect(try backend.expectGauge("penstock.stage.watermark_seconds", names).lastValue == 1.5)
        #expect(try backend.expectGauge("penstock.stage.watermark_lag_seconds", names).lastValue == 0.25)
    }
}
