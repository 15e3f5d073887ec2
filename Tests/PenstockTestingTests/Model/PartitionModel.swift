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
        let isControl: Bool
        /// Its records count only if this commits.
        let transaction: TransactionModel?
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
    /// Whether only the last record of every key must stay.
    let isCompacted: Bool
    /// Everything before the first of these was given up, everything before the second may be.
    private var truncation: (done: UInt64, tried: UInt64) = (0, 0)
    /// Whether the oldest records may go at any time.
    private(set) var hasRetention = false
    /// Whether the log has used offsets for records of its own, or that did not count.
    var hasHiddenRecords = false
    /// Bits of its sealed segments that were changed.
    private(set) var flippedBits = 0

    /// A power loss may have torn what was never acknowledged, or of a weaker class, in the middle.
    private(set) var mayBeTorn = false

    private var indices: [UInt64: Int] = [:]

    init(_ partition: TopicPartition, durability: Durability, isCompacted: Bool) {
        self.partition = partition
        self.durability = durability
        self.isCompacted = isCompacted
    }

    /// Whether bits were changed, or may have been: what the log knows of producers and transactions may be damaged, too.
    var isIntact: Bool { flippedBits == 0 && !mayBeTorn }

    /// Whether records go by themselves.
    var losesRecords: Bool { isCompacted || hasRetention }

    /// Whether everything that was delivered or acknowledged of a submission must still be there.
    func isKept(_ id: UInt64) -> Bool { indices[id].map { submissions[$0].isKept } ?? false }

    /// The offsets that a submission got last.
    func offsets(of id: UInt64) -> Range<UInt64>? { indices[id].map { submissions[$0].offsets } }

    /// A submission has got its offsets. A producer may submit the same again: then the earlier one must not be there.
    mutating func submit(
        _ id: UInt64, offsets: Range<UInt64>, payloadBytes: Int, isControl: Bool = false,
        transaction: TransactionModel? = nil
    ) {
        indices[id] = submissions.count
        submissions.append(
            Submission(
                id: id, offsets: offsets, payloadBytes: payloadBytes, isControl: isControl, transaction: transaction))
    }

    mutating func acknowledge(_ id: UInt64, _ acknowledgement: Acknowledgement) throws(Violation) {
        let index = indices[id]!
        guard acknowledgement.offsets == submissions[index].offsets, acknowledgement.durability == durability else {
            throw Violation("\(partition): \(acknowledgement) for offsets \(submissions[index].offsets)")
        }
        submissions[index].status = .acknowledged
        if durability != .memory, submissions[index].transaction == nil { keep(index) }
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

    /// The oldest records may go from now on.
    mutating func beginRetention() { hasRetention = true }

    /// A bit of a sealed segment was changed, which may be of what the log knows of transactions.
    mutating func flip() {
        flippedBits += 1
        for submission in submissions { submission.transaction?.isVoid = true }
    }

    /// Forgets the promises that a crash voids.
    ///
    /// - Parameter hadFailedSync: some sync failed before. A batch that was never acknowledged, and that the next owner found, may
    ///   then be in memory only, and nobody can tell.
    mutating func crash(_ kind: Crash, hadFailedSync: Bool) {
        if kind == .power, durability != .durable || hadFailedSync { mayBeTorn = true }
        for index in submissions.indices {
            submissions[index].transaction?.crash(kind, durability, hadFailedSync: hadFailedSync)
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
            let isNext = delivery.offset == expected
            guard isNext || delivery.offset > expected && (isCompacted || hasHiddenRecords) else {
                throw Violation("\(partition): offset \(delivery.offset) was delivered where \(expected) had to come")
            }
            expected = delivery.offset + 1
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
        let mayBeGone = max(truncation.tried, hasRetention ? reading.start : 0)
        var seen: [UInt64: UInt64] = [:]
        for delivery in reading.deliveries { seen[delivery.offset] = delivery.submission }
        var laterKeys: Set<UInt32> = []
        var lost = 0
        for submission in submissions.reversed() {
            // What is damaged may have superseded records before it that are gone therefore.
            let isReported = reading.damaged.contains { $0.overlaps(submission.offsets) }
            let mustBeThere = submission.isKept || submission.transaction?.mustShow == true
            guard mustBeThere || isReported else { continue }
            var missing: UInt64?
            for offset in submission.offsets.reversed() {
                let key = Mark.key(submission.id, UInt32(offset - submission.offsets.lowerBound))
                let isLast = !mayBeSuperseded(submission) || laterKeys.insert(key).inserted
                if isLast, offset >= mayBeGone, seen[offset] != submission.id { missing = offset }
            }
            guard mustBeThere, let missing else { continue }
            lost += 1
            guard isReported, lost <= flippedBits else {
                throw Violation(
                    "\(partition) (\(durability.rawValue)): offset \(missing) of submission \(submission.id), offsets "
                        + "\(submission.offsets), was \(submission.status == .acknowledged ? "acknowledged" : "delivered")"
                        + " and is \(isReported ? "reported as damaged" : "lost"); the reading went from "
                        + "\(reading.start) to \(reading.end)"
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
            guard !isDamaged else { continue }
            submissions[index].isGone = true
            if submissions[index].offsets.lowerBound >= reading.start { submissions[index].transaction?.drop() }
        }
    }

    // Records of transactions supersede nothing and are not superseded, nor is what has no key.
    private func mayBeSuperseded(_ submission: Submission) -> Bool {
        isCompacted && !submission.isControl && submission.transaction == nil
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
        if let transaction = submission.transaction {
            guard transaction.mayShow else {
                throw Violation(
                    "\(partition): offset \(delivery.offset) holds a record of submission \(submission.id), of a "
                        + "transaction that is \(transaction.state)")
            }
            transaction.show()
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
