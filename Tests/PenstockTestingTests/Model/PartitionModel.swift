import PenstockEvents
import PenstockLog
import PenstockTesting

/// What must be, may be and must not be in one partition.
struct PartitionModel {
    /// One batch or control record that was handed to a writer.
    struct Submission {
        enum Status { case inFlight, acknowledged, failed }

        let id: UInt64
        let offsets: Range<UInt64>
        let payloadBytes: Int
        var status = Status.inFlight
        /// It must be delivered by every complete reading from now on.
        var isKept = false
        /// It was cleanly closed, and so is in the file whatever its class.
        var isWritten = false
        /// It must never be delivered again: another one has its place.
        var isSuperseded = false
        /// It must never be delivered again: a new owner did not find it.
        var isGone = false
    }

    /// A record that a reader delivered.
    struct Delivery: Equatable {
        let offset: UInt64
        let mark: Mark?
        let controlID: UInt64?

        var submission: UInt64 { mark?.submission ?? controlID ?? 0 }
    }

    /// What one reading of the partition gave.
    struct Reading {
        var start: UInt64
        var deliveries: [Delivery] = []
        var damaged: [Range<UInt64>] = []
        /// Where the reading ended without an error.
        var end: UInt64
    }

    let partition: TopicPartition
    let durability: Durability
    private(set) var submissions: [Submission] = []
    /// Everything before the first of these was given up, everything before the second may be.
    private var truncation: (done: UInt64, tried: UInt64) = (0, 0)
    /// Bits of its sealed segments that were changed.
    var flippedBits = 0

    /// A power loss may have torn what was never acknowledged, or of a weaker class, in the middle.
    private(set) var mayBeTorn = false

    private var indices: [UInt64: Int] = [:]

    init(_ partition: TopicPartition, durability: Durability) {
        self.partition = partition
        self.durability = durability
    }

    mutating func submit(_ id: UInt64, offsets: Range<UInt64>, payloadBytes: Int) {
        indices[id] = submissions.count
        submissions.append(Submission(id: id, offsets: offsets, payloadBytes: payloadBytes))
    }

    mutating func acknowledge(_ id: UInt64, _ acknowledgement: Acknowledgement) throws(Violation) {
        let index = indices[id]!
        guard acknowledgement.offsets == submissions[index].offsets, acknowledgement.durability == durability else {
            throw Violation("\(partition): \(acknowledgement) for offsets \(submissions[index].offsets)")
        }
        submissions[index].status = .acknowledged
        if durability != .memory { keep(index) }
    }

    mutating func fail(_ id: UInt64) { submissions[indices[id]!].status = .failed }

    /// The writer was closed without an error: what it acknowledged is in the file.
    mutating func close() {
        for index in submissions.indices where submissions[index].status == .acknowledged {
            guard !submissions[index].isGone, !submissions[index].isSuperseded else { continue }
            submissions[index].isWritten = true
        }
    }

    /// The records before `offset` may go from now on.
    mutating func beginTruncation(before offset: UInt64) { truncation.tried = max(truncation.tried, offset) }

    /// The records before `offset` are gone.
    mutating func endTruncation(before offset: UInt64) { truncation.done = max(truncation.done, offset) }

    /// Forgets the promises that a crash voids.
    ///
    /// - Parameter hadFailedSync: some sync failed before. A batch that was never acknowledged, and that the next owner found, may
    ///   then be in memory only, and nobody can tell.
    mutating func crash(_ kind: Crash, hadFailedSync: Bool) {
        if kind == .power, durability != .durable || hadFailedSync { mayBeTorn = true }
        for index in submissions.indices {
            let survives =
                switch (durability, kind) {
                case (.durable, .power): submissions[index].status == .acknowledged || !hadFailedSync
                case (.durable, .process), (.pageCache, .process): true
                case (.memory, .process): submissions[index].isWritten
                case (.pageCache, .power), (.memory, .power): false
                }
            if !survives {
                submissions[index].isKept = false
                submissions[index].isWritten = false
            }
            // Where the later one may be lost, the earlier one may come back.
            if durability == .memory || (durability == .pageCache && kind == .power) {
                submissions[index].isSuperseded = false
            }
        }
    }

    /// Checks what a reader delivered one by one, and remembers that it must stay.
    mutating func observe(_ reading: Reading) throws(Violation) {
        var expected = reading.start
        var damaged = reading.damaged[...]
        for delivery in reading.deliveries {
            while let next = damaged.first, next.lowerBound <= expected, expected < delivery.offset {
                expected = max(expected, next.upperBound)
                damaged.removeFirst()
            }
            guard delivery.offset == expected else {
                throw Violation("\(partition): offset \(delivery.offset) was delivered where \(expected) had to come")
            }
            expected += 1
            try observe(delivery)
        }
    }

    /// Checks that a reading from the beginning to the end left out nothing that must be there.
    func observeAll(_ reading: Reading) throws(Violation) {
        guard reading.damaged.isEmpty || flippedBits > 0 || mayBeTorn else {
            throw Violation("\(partition) (\(durability.rawValue)): damaged without a cause: \(reading.damaged)")
        }
        guard reading.start >= truncation.done else {
            throw Violation("\(partition) begins at \(reading.start) and was truncated before \(truncation.done)")
        }
        var seen: Set<UInt64> = []
        for delivery in reading.deliveries { seen.insert(delivery.submission) }
        var lost = 0
        for submission in submissions where submission.isKept && !seen.contains(submission.id) {
            if submission.offsets.upperBound <= truncation.tried { continue }
            let isReported = reading.damaged.contains { $0.overlaps(submission.offsets) }
            lost += 1
            guard isReported, lost <= flippedBits else {
                throw Violation(
                    "\(partition) (\(durability.rawValue)): submission \(submission.id), offsets \(submission.offsets), "
                        + "was \(submission.status == .acknowledged ? "acknowledged" : "delivered") and is "
                        + "\(isReported ? "reported as damaged" : "lost"); the reading ended at offset \(reading.end)"
                        + (reading.damaged.isEmpty ? "" : ", damaged: \(reading.damaged)"))
            }
        }
    }

    /// A new owner has the partition: what it did not find is gone for ever.
    mutating func settle(_ reading: Reading) {
        var seen: Set<UInt64> = []
        for delivery in reading.deliveries { seen.insert(delivery.submission) }
        for index in submissions.indices where !seen.contains(submissions[index].id) {
            let isDamaged = reading.damaged.contains { $0.overlaps(submissions[index].offsets) }
            if !isDamaged { submissions[index].isGone = true }
        }
    }

    private mutating func observe(_ delivery: Delivery) throws(Violation) {
        guard let index = indices[delivery.submission] else {
            throw Violation("\(partition): offset \(delivery.offset) holds \(delivery), which was never submitted")
        }
        let submission = submissions[index]
        guard submission.offsets.contains(delivery.offset) else {
            throw Violation(
                "\(partition): offset \(delivery.offset) holds a record of submission \(submission.id), which got the "
                    + "offsets \(submission.offsets)")
        }
        if let mark = delivery.mark {
            guard UInt64(mark.index) == delivery.offset - submission.offsets.lowerBound,
                mark.isIntact(payloadBytes: submission.payloadBytes)
            else { throw Violation("\(partition): the record at offset \(delivery.offset) is not what was submitted") }
        }
        guard !submission.isGone, !submission.isSuperseded else {
            throw Violation(
                "\(partition): offset \(delivery.offset) holds a record of submission \(submission.id), which was "
                    + (submission.isGone ? "not there when the last owner came" : "superseded by a later one"))
        }
        if durability != .memory { keep(index) }
    }

    private mutating func keep(_ index: Int) {
        guard !submissions[index].isKept else { return }
        submissions[index].isKept = true
        for earlier in submissions.indices[..<index] {
            guard submissions[earlier].offsets.upperBound > submissions[index].offsets.lowerBound else { continue }
            submissions[earlier].isSuperseded = true
        }
    }
}

/// A promise of the log that was broken.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
