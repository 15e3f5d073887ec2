import Foundation
import Testing

@testable import PenstockBatch

@Suite struct ChainPolicyTests {
    /// A record of an attempt; `further` says whether it came further.
    private func record(
        _ attempt: Int, _ outcome: StatusRecord.Outcome, further: Bool = true, exit: Int? = nil, stalls: Int = 0
    ) -> StatusRecord {
        var record = StatusRecord(
            run: "r", attempt: attempt, jobID: "\(attempt)", host: "n1", started: Date(), deadline: nil, stalls: stalls)
        record.outcome = outcome
        record.exit = exit
        if further { (record.checkpoint, record.events) = (7, 100) }
        return record
    }

    private let policy = ChainPolicy(rule: ChainRule(jobs: 5, stalls: 3))

    @Test("the first job begins")
    func first() { #expect(policy.decide([], isAlive: false) == .begin(attempt: 1, stalls: 0)) }

    @Test("behind a hand-over, a crash, a lost node or a full disk the next one begins")
    func next() {
        for last in [
            record(1, .handedOver), record(1, .running), record(1, .failed), record(1, .failed, exit: 74),
            record(1, .failed, exit: 75), record(1, .failed, exit: 137),
        ] {
            #expect(policy.decide([last], isAlive: false) == .begin(attempt: 2, stalls: 0))
        }
    }

    @Test("behind an end there is nothing to do", arguments: [0, 64, 65, 66, 70, 78])
    func over(_ exit: Int) {
        let last = exit == 0 ? record(1, .completed) : record(1, .failed, exit: exit)
        #expect(policy.decide([last], isAlive: false) == .over)
        #expect(policy.decide([record(1, .canceled)], isAlive: false) == .over)
    }

    @Test("two jobs never work on a run at a time")
    func busy() { #expect(policy.decide([record(1, .running)], isAlive: true) == .busy(job: "1")) }

    @Test("a chain has an end")
    func bounded() {
        let five = (1...5).map { record($0, .handedOver) }
        #expect(policy.decide(Array(five.prefix(4)), isAlive: false) == .begin(attempt: 5, stalls: 0))
        #expect(policy.decide(five, isAlive: false) == .giveUp(reason: "the chain of 5 jobs is used up"))
    }

    @Test("jobs that come no further are not repeated for ever; one that does begins the count anew")
    func stalls() {
        let stuck = [record(1, .handedOver, further: false)]
        #expect(policy.decide(stuck, isAlive: false) == .begin(attempt: 2, stalls: 1))
        let more = stuck + [record(2, .running, further: false, stalls: 1)]
        #expect(policy.decide(more, isAlive: false) == .begin(attempt: 3, stalls: 2))
        let most = more + [record(3, .failed, further: false, stalls: 2)]
        #expect(policy.decide(most, isAlive: false) == .giveUp(reason: "3 jobs in a row came no further"))
        #expect(
            policy.decide(more + [record(3, .handedOver, stalls: 2)], isAlive: false) == .begin(attempt: 4, stalls: 0))
    }

    @Test("a checkpoint without an event behind it is no progress")
    func progress() {
        var last = record(1, .handedOver)
        #expect(last.cameFurther)
        last.events = 0
        #expect(!last.cameFurther)
        (last.events, last.restored) = (100, 7)
        #expect(!last.cameFurther)
    }

    @Test("somebody may go on with a run that was given up, had failed or was canceled")
    func resumed() {
        var rule = ChainRule(jobs: 2, stalls: 3)
        rule.resumedAfter = 3
        for last in [
            record(3, .canceled), record(3, .failed, exit: 70), record(3, .handedOver, further: false, stalls: 2),
        ] {
            let attempts = [record(1, .handedOver), record(2, .handedOver), last]
            #expect(ChainPolicy(rule: rule).decide(attempts, isAlive: false) == .begin(attempt: 4, stalls: 0))
            let more = attempts + [record(4, .handedOver), record(5, .handedOver)]
            #expect(
                ChainPolicy(rule: rule).decide(more, isAlive: false)
                    == .giveUp(reason: "the chain of 2 jobs is used up"))
        }
    }
}

@Suite struct DeadlineTests {
    private let start = Date(timeIntervalSince1970: 1_000_000)

    @Test(
        "the last checkpoint begins 30 s before the end, or three times its length, and leaves a short job time for work"
    )
    func drain() {
        func seconds(_ walltime: Int, grace: Int? = nil, checkpoint: Double = 0) -> Double {
            Deadline(start: start, walltime: Walltime(seconds: walltime), grace: grace).drain(
                longestCheckpoint: checkpoint
            )
            .timeIntervalSince(start)
        }
        #expect(seconds(7200) == 7170)
        #expect(seconds(7200, checkpoint: 5) == 7170)
        #expect(seconds(7200, checkpoint: 100) == 6900)
        #expect(seconds(60) == 45)
        #expect(seconds(60, grace: 10) == 50)
    }

    @Test("the scheduler's word counts, unless its clock is wrong")
    func hear() {
        var deadline = Deadline(start: start, walltime: Walltime(seconds: 7200), grace: nil)
        deadline.hear(start.addingTimeInterval(6000))
        #expect(deadline.end == start.addingTimeInterval(6000))
        deadline.hear(start.addingTimeInterval(9000))
        #expect(deadline.end == start.addingTimeInterval(9000))
        deadline.hear(start.addingTimeInterval(-86_400))
        #expect(deadline.end == start.addingTimeInterval(9000))
    }
}
