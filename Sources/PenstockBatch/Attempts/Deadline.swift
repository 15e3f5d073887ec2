internal import Foundation

/// When an attempt has to be over, and when it begins to come to its end.
struct Deadline: Sendable, Hashable {
    /// When the walltime is over.
    private(set) var end: Date
    private let walltime: Double
    private let grace: Double?

    /// - Parameters:
    ///   - start: When the job began, by the clock of its node.
    ///   - grace: How long before the end it begins to come to a checkpoint, in seconds; nil for what the checkpoints need.
    init(start: Date, walltime: Walltime, grace: Int?) {
        end = start.addingTimeInterval(Double(walltime.seconds))
        self.walltime = Double(walltime.seconds)
        self.grace = grace.map(Double.init)
    }

    /// The scheduler says when it will end the job. Where that is later than what was asked for, the job was given more time; a clock that is
    /// an hour off, or more than the walltime, is not believed.
    mutating func hear(_ time: Date) {
        let difference = time.timeIntervalSince(end)
        if abs(difference) <= max(3600, walltime) { end = time }
    }

    /// When the pipeline is asked for its last checkpoint: three times as long before the end as its longest one took, and 30 s at least; a
    /// short walltime keeps three quarters of itself for work.
    func drain(longestCheckpoint: Double) -> Date {
        end.addingTimeInterval(-(grace ?? min(max(30, 3 * longestCheckpoint), walltime / 4)))
    }

    /// When the pipeline is ended in any case, so that there is time to say so.
    var last: Date { end.addingTimeInterval(-min(5, walltime / 20)) }
}
