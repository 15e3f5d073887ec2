import Foundation
import PenstockEvents
import Testing

@testable import Penstock
@testable import PenstockEngine

@Suite("The figures of a run as text")
struct StatsTextTests {
    private let source = StageName(flow: "means", stage: "From")

    /// A run of two stages after ten seconds: a source of two partitions, one of them quiet, and two instances of windows.
    private var figures: RunFigures {
        var slow = PartitionFigures(
            name: SourcePartitionName(stage: source, partition: 0), reading: .quiet(.seconds(4)))
        (slow.events, slow.watermark, slow.held) = (10, Timestamp(nanoseconds: 60_000_000_000), .seconds(8))
        slow.largestLead = .seconds(62)
        var fast = PartitionFigures(
            name: SourcePartitionName(stage: source, partition: 1), reading: .paused(.seconds(2)))
        (fast.events, fast.watermark) = (1_234_567, Timestamp(nanoseconds: 122_500_000_000))
        fast.paused = .seconds(3)
        let hold = WatermarkHold(partition: slow.name, reason: .quiet(.seconds(4)))
        var reader = InstanceFigures(number: 0)
        (reader.eventsIn, reader.bytesIn, reader.eventsOut) = (1_234_577, 1_234_577 * 32, 1_234_577)
        (reader.busy, reader.blocked, reader.idle) = (.seconds(5), .seconds(2), .seconds(3))
        var counter = InstanceFigures(number: 0)
        (counter.eventsIn, counter.eventsOut, counter.idle) = (600_000, 12, .seconds(10))
        var step = OperatorFigures(name: StageName(flow: "means", stage: "Mean"))
        step.statistics = OperatorStatistics(lateEvents: 12)
        step.lateByPartition = [slow.name: 9, fast.name: 3]
        (step.stateKeys, step.stateBytes, step.openWindows) = (700, 98_304, 3)
        step.firstEnd = Timestamp(nanoseconds: 120_000_000_000)
        let watermark = Timestamp(nanoseconds: 60_000_000_000)
        return RunFigures(
            elapsed: .seconds(10),
            stages: [
                StageFigures(
                    index: 0, label: "means/From ... means/KeyBy", instances: [reader], operators: [],
                    partitions: [slow, fast], watermark: watermark, lag: .milliseconds(62_500), hold: hold),
                StageFigures(
                    index: 1, label: "means/Mean", instances: [counter, counter], operators: [step], partitions: [],
                    watermark: watermark, lag: .milliseconds(62_500), hold: hold),
            ],
            edges: [
                EdgeFigures(
                    from: InstanceName(stage: 0, instance: 0), to: InstanceName(stage: 1, instance: 0), queued: 34_567)
            ], checkpoints: nil, isOver: false)
    }

    @Test("the table has a line for each stage and partition, and says who holds what stands still")
    func table() {
        #expect(
            StatsTable(figures).lines.joined(separator: "\n") == """
                --- 10.0 s ---
                STAGE                                  IN     OUT   IN/S  BYTES IN  BUSY  BLOCKED  IDLE  QUEUED  KEYS     STATE             WATERMARK     LAG
                    0  means/From ... means/KeyBy  1.23 M  1.23 M  123 k  37.7 MiB   50%      20%   30%       -     -         -  1970-01-01T00:01:00Z  62.5 s
                    1  means/Mean x 2              1.20 M      24  120 k       0 B    0%       0%  100%   34567   700  96.0 KiB  1970-01-01T00:01:00Z  62.5 s
                PARTITION         IN               WATERMARK  HELD  WAITED  NOW
                means/From 0      10    1970-01-01T00:01:00Z   80%       -  quiet for 4.00 s
                means/From 1  1.23 M  1970-01-01T00:02:02.5Z    0%  3.00 s  paused for 2.00 s, ahead of the others
                means/Mean: 12 late (9 from partition 0 of means/From, 3 from partition 1 of means/From)
                """)
    }

    @Test("state on disk stands beside that in memory")
    func spilled() throws {
        var spilling = figures
        spilling.stages[1].operators[0].spilledBytes = 3 << 30
        #expect(StatsTable(spilling).lines.contains { $0.contains(" 96.0 KiB + 3.00 GiB on disk ") })
    }

    @Test(
        "a stopped run says which windows were open, until when, and who held the watermark; and for whom others waited"
    )
    func summary() {
        var over = figures
        over.isOver = true
        #expect(
            RunSummary(over).lines == [
                "means/Mean: 3 windows still open, the first until 1970-01-01T00:02:00Z; the watermark is at "
                    + "1970-01-01T00:01:00Z, held by partition 0 of means/From: quiet for 4.00 s",
                "partition 0 of means/From held the others back for 8.00 s of 10.0 s: partition 1, ahead of it by up to 62.0 s, "
                    + "waited up to 3.00 s",
            ])
        #expect(
            over.stages.flatMap(\.operators).compactMap(RunSummary.asides) == [
                "means/Mean: 12 late (9 from partition 0 of means/From, 3 from partition 1 of means/From)"
            ])
    }

    @Test("a run in which all is well says nothing")
    func well() {
        var over = figures
        over.isOver = true
        for stage in over.stages.indices {
            over.stages[stage].hold = nil
            for step in over.stages[stage].operators.indices { over.stages[stage].operators[step].openWindows = 0 }
            for partition in over.stages[stage].partitions.indices {
                over.stages[stage].partitions[partition].paused = .milliseconds(900)
            }
        }
        #expect(RunSummary(over).lines == [])
    }

    @Test("what moves is not held: only a watermark that stands where it stood is told with its holder")
    func moving() {
        var before = figures
        let text = "held by partition 0 of means/From: quiet for 4.00 s"
        #expect(RunSummary(figures, since: before).holds == ["stages 0, 1: \(text)"])
        before.stages[1].watermark = Timestamp(nanoseconds: 59_000_000_000)
        #expect(RunSummary(figures, since: before).holds == ["stage 0: \(text)"])
        #expect(RunSummary(figures).holds == [], "in the first figures nobody can tell")
    }

    @Test("lines of JSON hold the same, with times in nanoseconds and without those that are infinite")
    func json() throws {
        var figures = figures
        figures.stages[0].watermark = .distantFuture
        let line = StatsObject(figures).line
        #expect(!line.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let stages = try #require(object["stages"] as? [[String: Any]])
        #expect(object["elapsed_seconds"] as? Double == 10 && object["is_over"] as? Bool == false)
        #expect(stages[0]["watermark_ns"] == nil)
        #expect(stages[1]["watermark_ns"] as? Int == 60_000_000_000)
        #expect(stages[1]["lag_ns"] as? Int == 62_500_000_000)
        let held = try #require(stages[1]["held"] as? [String: Any])
        #expect(held["source"] as? String == "means/From" && held["partition"] as? Int == 0)
        #expect(held["reason"] as? String == "quiet")
        let partitions = try #require(stages[0]["partitions"] as? [[String: Any]])
        #expect(partitions.map { $0["events"] as? Int } == [10, 1_234_567])
        let operators = try #require(stages[1]["operators"] as? [[String: Any]])
        #expect(operators[0]["late_by_partition"] as? [String: Int] == ["means/From 0": 9, "means/From 1": 3])
        #expect(operators[0]["state_bytes"] as? Int == 98_304)
        #expect(operators[0]["spilled_bytes"] as? Int == 0)
        let edges = try #require(object["edges"] as? [[String: Any]])
        #expect(edges[0]["queued"] as? Int == 34_567 && edges[0]["from"] as? String == "0.0")
    }

    @Test(
        "numbers are short",
        arguments: [
            (FigureText.count(99_999), "99999"), (FigureText.count(100_000), "100 k"),
            (FigureText.count(1_234_567), "1.23 M"), (FigureText.bytes(0), "0 B"), (FigureText.bytes(1023), "1023 B"),
            (FigureText.bytes(37_376), "36.5 KiB"), (FigureText.bytes(1 << 40), "1.00 TiB"),
            (FigureText.duration(.zero), "0 s"), (FigureText.duration(.nanoseconds(7)), "7 ns"),
            (FigureText.duration(.milliseconds(35)), "35.0 ms"),
            (FigureText.duration(.nanoseconds(999_999_999)), "1.00 s"),
            (FigureText.duration(.seconds(119)), "119 s"), (FigureText.duration(.seconds(600)), "10.0 min"),
            (FigureText.duration(.seconds(9000)), "2.50 h"), (FigureText.share(.seconds(5), of: .seconds(6)), "83%"),
            (FigureText.share(.zero, of: .zero), "-"), (FigureText.time(.distantPast), "-"),
            (FigureText.time(.distantFuture), "end"),
            (FigureText.time(Timestamp(nanoseconds: 1_500_000_000)), "1970-01-01T00:00:01.5Z"),
            (FigureText.time(Timestamp(nanoseconds: 1_999_999_999)), "1970-01-01T00:00:01.999Z"),
            (FigureText.time(Timestamp(nanoseconds: 1_000_000_000)), "1970-01-01T00:00:01Z"),
        ])
    func text(_ text: String, _ expected: String) { #expect(text == expected) }

    @Test("--stats-every needs --stats, and is no shorter than a tenth of a second")
    func options() throws {
        #expect(try StatsSettings.parse([]).style == nil)
        #expect(try StatsSettings.parse(["--stats"]).interval == .seconds(1))
        let json = try StatsSettings.parse(["--stats-json", "--stats-every", "250ms"])
        #expect(json.style == .statsJson && json.interval == .milliseconds(250))
        for wrong in [["--stats-every", "1s"], ["--stats", "--stats-every", "0"], ["--stats", "--stats-json"]] {
            #expect(throws: (any Error).self) { try StatsSettings.parse(wrong) }
        }
    }
}
