internal import PenstockEvents

/// Gives out the places of a partition: the ledger of what was submitted, and who has the partition to himself.
struct Admissions: Sendable {
    var ledger = PartitionLedger()
    private let producerLimit: Int
    private let durability: Durability
    private var holder: TransactionID?
    private var holderFailed = false

    init(producerLimit: Int, durability: Durability) {
        self.producerLimit = producerLimit
        self.durability = durability
    }

    /// Gives the partition to a transaction.
    mutating func hold(for id: TransactionID) -> Refusal? {
        if let holder { return .transactionOpen(holder) }
        if let open = ledger.open { return .transactionOpen(open.id) }
        holder = id
        holderFailed = false
        return nil
    }

    /// Whether a write has failed since the transaction has the partition.
    func hasFailed(_ id: TransactionID) -> Bool { holder != id || holderFailed }

    /// Takes the partition from the transaction, if it has it.
    mutating func release(_ id: TransactionID) {
        if holder == id { holder = nil }
    }

    /// Forgets what was submitted behind `ledger`; a transaction that has the partition cannot commit any more.
    mutating func rollBack(to ledger: PartitionLedger) {
        self.ledger = ledger
        holderFailed = true
    }

    /// Decides about a batch, and goes over it where it is taken.
    mutating func admit(_ batch: EncodedBatch, as claim: Claim, at offset: UInt64, _ pending: PendingAppend) -> Verdict
    {
        let verdict = judge(batch, claim, at: offset)
        if case .append(let batch) = verdict { ledger.note(batch, at: offset, pending: pending) }
        return verdict
    }

    private func judge(_ batch: EncodedBatch, _ claim: Claim, at offset: UInt64) -> Verdict {
        switch claim {
        case .plain:
            return unlessHeld { .append(batch) }
        case .at(let wanted):
            return unlessHeld { wanted == offset ? .append(batch) : .refused(.displaced(from: wanted, to: offset)) }
        case .producer(let stamp):
            return judge(batch, stamp)
        case .session(let name):
            guard ledger.producers.isKnown(name) || ledger.producers.count < producerLimit else {
                return .refused(.tooManyProducers(limit: producerLimit))
            }
            let (registration, nextSequence) = ledger.producers.session(named: name)
            return unlessHeld { .append(EncodedBatch(registration, nextSequence: nextSequence)) }
        case .begin(let begin, let isHome):
            guard holder == begin.id, !holderFailed, ledger.open == nil else {
                return .refused(.transactionFailed(begin.id))
            }
            return .append(isHome ? EncodedBatch(control: .transactionBegin(begin.at(offset))) : batch)
        case .row(let id):
            guard holder == id, !holderFailed, ledger.open?.id == id else { return .refused(.transactionFailed(id)) }
            return .append(batch.changed { $0.flags.insert(.transactional) })
        case .commit(let id):
            guard holder == id, !holderFailed, ledger.open?.id == id else { return .refused(.transactionFailed(id)) }
            return .append(batch)
        case .end(let id):
            guard ledger.open?.id == id else { return .needless }
            return .append(batch)
        }
    }

    private func judge(_ batch: EncodedBatch, _ stamp: ProducerStamp) -> Verdict {
        switch ledger.producers.place(stamp, count: batch.count) {
        case .next: unlessHeld { .append(batch.changed { $0.set(stamp) }) }
        case .duplicate(let offset, let pending):
            .duplicate(
                PendingAppend(repeating: pending, offset: offset, count: batch.count, durability: durability))
        case .partlyWritten(let sequence): .refused(.partlyWritten(stamp, count: batch.count, resumingAt: sequence))
        case .gap(let expected): .refused(.gap(stamp, expected: expected))
        case .fenced(let epoch): .refused(.fenced(stamp, by: epoch))
        case .unknown: .refused(.unknownProducer(stamp.producer))
        }
    }

    private func unlessHeld(_ verdict: () -> Verdict) -> Verdict {
        guard let id = holder ?? ledger.open?.id else { return verdict() }
        return .refused(.transactionOpen(id))
    }
}

extension TransactionBegin {
    /// The same begin with its place in the home.
    fileprivate func at(_ offset: UInt64) -> TransactionBegin {
        TransactionBegin(
            id: id, homeTopic: homeTopic, homePartition: homePartition, homeOffset: offset, homeEpoch: homeEpoch)
    }
}

extension BatchHeader {
    fileprivate mutating func set(_ stamp: ProducerStamp) {
        producer = stamp.producer
        producerEpoch = stamp.epoch
        baseSequence = stamp.firstSequence
    }
}
