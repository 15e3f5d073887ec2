internal import Foundation

/// What a job does with its run, from what earlier attempts have left.
struct ChainPolicy: Sendable {
    /// What is to be done.
    enum Decision: Sendable, Hashable {
        /// Begin an attempt with this number, after so many in a row that came no further.
        case begin(attempt: Int, stalls: Int)
        /// Nothing: the run is over.
        case over
        /// Nothing: another job of the run is at work.
        case busy(job: String)
        /// The run is given up.
        case giveUp(reason: String)
    }

    let rule: ChainRule

    /// What a job does when it begins.
    /// - Parameters:
    ///   - attempts: Those that were begun, in order.
    ///   - isAlive: Whether the job of the newest one, where that has not ended by its own record, is at work.
    func decide(_ attempts: [StatusRecord], isAlive: Bool) -> Decision {
        guard let last = attempts.last else { return .begin(attempt: 1, stalls: 0) }
        let isResumed = attempts.count == rule.resumedAfter
        switch last.outcome {
        case .completed: return .over
        case .canceled where !isResumed: return .over
        case .failed where !Self.mayPass(last) && !isResumed: return .over
        case .running where isAlive: return .busy(job: last.jobID)
        case .running, .failed, .handedOver, .canceled: break
        }
        let stalls = last.cameFurther || isResumed ? 0 : last.stalls + 1
        if attempts.count >= rule.lastAttempt {
            return .giveUp(reason: "the chain of \(rule.jobs) \(rule.jobs == 1 ? "job" : "jobs") is used up")
        }
        if stalls >= rule.stalls {
            return .giveUp(reason: "\(stalls) jobs in a row came no further")
        }
        return .begin(attempt: attempts.count + 1, stalls: stalls)
    }

    /// Whether another attempt of what has failed may go better: behind a crash, a node that was lost, a disk that was full. An error in the
    /// pipeline or its input comes again.
    static func mayPass(_ record: StatusRecord) -> Bool {
        guard let exit = record.exit else { return true }
        return [69, 74, 75].contains(exit) || exit > 128
    }
}
