internal import PenstockEvents

extension PartitionWriter {
    /// Gives the partition to a transaction until it is released; nil where that is done.
    func hold(for transaction: PartitionTransaction) -> Refusal? {
        let refusal = queue.withAdmissions { $0.hold(for: transaction.id) }
        if refusal == nil { self.transaction.withLock { $0.object = transaction } }
        return refusal
    }

    func release(_ id: TransactionID) { queue.withAdmissions { $0.release(id) } }

    /// Whether a write has failed since the transaction has the partition.
    func hasFailed(_ id: TransactionID) -> Bool { queue.withAdmissions { $0.hasFailed(id) } }

    /// Hands over a record of the log's own without waiting for room; nil where there is no need for it.
    func submitNow(_ record: ControlRecord, as claim: Claim) throws(LogError) -> PendingAppend? {
        try taken(queue.submitNow(EncodedBatch(control: record), as: claim)).pending
    }

    /// Ends the transaction of an earlier owner; gives the partition up where that fails.
    func end(_ record: ControlRecord) async throws(LogError) {
        let id: TransactionID
        switch record {
        case .transactionCommit(let committed): id = committed
        case .transactionAbort(let aborted): id = aborted
        default: preconditionFailure("\(record) does not end a transaction")
        }
        do {
            _ = try await submitNow(record, as: .end(id))?.acknowledgement()
        } catch {
            try? await close()
            throw error
        }
    }

    /// Aborts the transaction that has the partition, if one has.
    func abortTransaction() async {
        try? await transaction.withLock({ $0.object })?.abort()
    }
}

/// A transaction, as long as somebody else keeps it.
struct WeakTransaction: Sendable {
    weak var object: PartitionTransaction?
}
