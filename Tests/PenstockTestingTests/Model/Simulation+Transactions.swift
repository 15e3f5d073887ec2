import PenstockEvents
import PenstockLog

extension Simulation {
    /// Appends to two partitions in one transaction, and ends it.
    func transact(commits: Bool) async throws {
        var candidates = topics.indices.filter { topics[$0].model.durability != .memory && topics[$0].model.isIntact }
        guard candidates.count > 1 else { return }
        let home = candidates.remove(at: random.below(candidates.count))
        let indices = [home, candidates[random.below(candidates.count)]]
        var writers: [any TopicWriter] = []
        for index in indices {
            try await finishCreation(index)
            writers.append(try await openWriter(index))
            topics[index].model.hasHiddenRecords = true
        }
        let transaction = try await log!.transaction(over: writers)
        let model = TransactionModel()
        do {
            let rows = try await submit(indices, to: transaction, model)
            guard commits else {
                try await transaction.abort()
                return model.drop()
            }
            model.beginCommit()
            try await transaction.commit()
            model.acknowledge()
            for (id, index, append) in rows {
                try topics[index].model.acknowledge(id, try await append.acknowledgement())
            }
        } catch let error as LogError {
            await giveUp(transaction, model, indices)
            try excuse(error, "transaction")
        }
    }

    private func submit(
        _ indices: [Int], to transaction: any Transaction, _ model: TransactionModel
    ) async throws -> [(id: UInt64, index: Int, append: PendingAppend)] {
        var rows: [(id: UInt64, index: Int, append: PendingAppend)] = []
        for number in 0..<2 + random.below(3) {
            let index = indices[number < 2 ? 1 - number : random.below(2)]
            let (id, shape) = (nextSubmission(), BatchShape(&random))
            let append = try await transaction.submit(shape.batch(of: id), to: topics[index].model.partition)
            topics[index].model.submit(
                id, offsets: shape.offsets(from: append.firstOffset), payloadBytes: shape.payloadBytes,
                transaction: model)
            rows.append((id, index, append))
        }
        return rows
    }

    /// Drops a transaction that failed; where that fails, too, the next owners of its partitions decide.
    private func giveUp(_ transaction: any Transaction, _ model: TransactionModel, _ indices: [Int]) async {
        do {
            try await transaction.abort()
            model.drop()
        } catch {
            model.leave()
            for index in indices {
                try? await topics[index].writer?.close()
                topics[index].writer = nil
            }
        }
    }
}
