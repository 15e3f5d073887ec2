internal import PenstockEvents

/// As what a batch asks for its place in a partition.
enum Claim: Sendable {
    /// As a plain batch.
    case plain
    /// As a plain batch that begins at this offset.
    case at(UInt64)
    /// As the next of a producer's.
    case producer(ProducerStamp)
    /// As the beginning of a producer's session; the batch is made when the place is given.
    case session(name: String)
    /// As the first batch of a transaction.
    case begin(TransactionBegin, isHome: Bool)
    /// As a row of a transaction.
    case row(TransactionID)
    /// As the record that decides for a transaction.
    case commit(TransactionID)
    /// As the record that follows a decision.
    case end(TransactionID)
}

/// What becomes of a claim.
enum Verdict {
    case append(EncodedBatch)
    /// It was submitted before: the answer is the first one's.
    case duplicate(PendingAppend)
    /// There is nothing to do.
    case needless
    case refused(Refusal)
}

/// Why a batch gets no place.
enum Refusal: Error {
    case closed
    case displaced(from: UInt64, to: UInt64)
    case transactionOpen(TransactionID)
    case transactionFailed(TransactionID)
    case tooManyProducers(limit: Int)
    case unknownProducer(UInt32)
    case fenced(ProducerStamp, by: UInt32)
    case gap(ProducerStamp, expected: UInt64)
    case partlyWritten(ProducerStamp, count: Int, resumingAt: UInt64)
}
