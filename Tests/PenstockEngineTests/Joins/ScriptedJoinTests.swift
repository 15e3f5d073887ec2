import PenstockEvents
import Testing

@testable import PenstockEngine

/// The scripted cases 18 to 25 of the semantics.
@Suite("Scripted joins")
struct ScriptedJoinTests {
    /// An event of the left or right side, or a time mark of both. Events are numbered by their times; those of the second partition by their
    /// times and 100.
    private enum Move {
        case left(Int64, partition: Int = 0)
        case right(Int64, partition: Int = 0)
        case mark(Int64)
    }

    private struct Outcome: Equatable {
        var rows: [String] = []
        /// Watermarks that were sent, beside the rows.
        var log: [String] = []
        var late = 0
    }

    /// Both sides come from one source, whose watermark is that of its time marks.
    private func play(_ rule: TimedJoinRule, _ kind: JoinKind, _ moves: [Move]) throws -> Outcome {
        let context = OperatorContext(stage: testStage, parallelism: 1) { _ in }
        var join = AnyOperator(joining: rule, .pairs(kind)).make(context, Origin(stage: 1, partition: 0))
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        var outcome = Outcome()
        var watermark = Int64.min
        for (index, move) in (moves.map(Optional.some) + [nil]).enumerated() {
            let elements: [StreamElement]
            switch move {
            case .left(let time, let partition), .right(let time, let partition):
                let sample = Sample(key: 0, number: time + Int64(100 * partition))
                let mark = BehindMark(row: 0, watermark: Timestamp(nanoseconds: watermark))
                var batch = Batch(
                    [(time, sample)], origin: Origin(stage: 0, partition: UInt32(partition)), sequence: UInt64(index),
                    behind: time <= watermark ? [mark] : [], watermark: watermark)
                if case .right = move { batch.input = 1 }
                elements = try key.outputs(.batch(batch))
            case .mark(let time):
                watermark = time
                elements = [.watermark(Timestamp(nanoseconds: time))]
            case nil:
                elements = [.end]
            }
            for element in elements {
                for output in try join.outputs(element) {
                    if let batch = output.batch {
                        for event in Events<JoinRow>(batch) {
                            let row = event.value
                            let (left, right) = (
                                row.left < 0 ? "-" : "\(row.left)", row.right < 0 ? "-" : "\(row.right)"
                            )
                            let text = "\(left) \(right) at \(event.time.nanoseconds)"
                            outcome.rows.append(text)
                            outcome.log.append(text)
                        }
                    }
                    if let time = output.watermark { outcome.log.append("w\(time)") }
                }
            }
        }
        outcome.late = join.statistics.lateEvents
        return outcome
    }

    private static let interval = TimedJoinRule.interval(lower: -2, upper: 3)

    @Test("case 18: an interval includes both of its ends")
    func case18() throws {
        let outcome = try play(Self.interval, .inner, [.left(10), .right(8), .right(13), .right(7), .right(14)])
        #expect(outcome.rows == ["10 8 at 10", "10 13 at 13"])
    }

    @Test("case 19: a full interval join gives events without a partner with their own times")
    func case19() throws {
        let outcome = try play(Self.interval, .full, [.left(10), .right(8), .right(13), .right(7), .right(14)])
        #expect(outcome.rows == ["- 7 at 7", "10 8 at 10", "10 13 at 13", "- 14 at 14"])
    }

    @Test("case 20: a late right event is no partner")
    func case20() throws {
        let outcome = try play(Self.interval, .left, [.left(10), .mark(12), .right(12), .right(13)])
        #expect(outcome.rows == ["10 13 at 13"])
        #expect(outcome.late == 1)
    }

    @Test("case 21: a left event alone comes when no partner can come any more, and its watermark waits for it")
    func case21() throws {
        let outcome = try play(Self.interval, .left, [.left(10), .mark(12), .mark(13)])
        #expect(outcome.log == ["w9", "10 - at 10", "w10"])
    }

    @Test("case 22: an as-of join finds the latest right event that is not later")
    func case22() throws {
        let outcome = try play(
            .asOf(.init()), .left, [.right(5), .right(8), .left(7), .left(8), .left(9), .left(4)])
        #expect(outcome.rows == ["4 - at 4", "7 5 at 7", "8 8 at 8", "9 8 at 9"])
    }

    @Test("case 23: beyond the tolerance there is no match")
    func case23() throws {
        let outcome = try play(.asOf(.init(tolerance: 1)), .left, [.right(5), .right(8), .left(7), .left(9)])
        #expect(outcome.rows == ["7 - at 7", "9 8 at 9"])
    }

    @Test("case 24: a right event that comes after the left one is found")
    func case24() throws {
        let outcome = try play(.asOf(.init()), .left, [.left(7), .right(6)])
        #expect(outcome.rows == ["7 6 at 7"])
    }

    @Test("case 25: of right events of the same time the last one in canonical order is in effect")
    func case25() throws {
        for moves in [
            [Move.right(6), .left(7), .right(6, partition: 1)], [.right(6, partition: 1), .right(6), .left(7)],
        ] {
            #expect(try play(.asOf(.init()), .left, moves).rows == ["7 106 at 7"])
        }
    }
}
