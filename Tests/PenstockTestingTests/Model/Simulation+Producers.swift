import PenstockEvents
import PenstockLog

extension Simulation {
    /// Submits batches of a topic's producer: the last that the log knows once more, and those behind it.
    func produce(batches: Int) async throws {
        let index = try await anyTopic()
        guard topics[index].model.isIntact else { return }
        let writer = try await openWriter(index)
        topics[index].model.hasHiddenRecords = true
        let session = try await writer.producer(named: "detector")
        let resume = try resume(session, index)
        var pending: [(id: UInt64, append: PendingAppend)] = []
        do {
            for number in max(0, resume - 1)..<resume + batches {
                let batch = produced(number, index)
                let append = try await writer.submit(
                    batch.shape.batch(of: batch.id), from: session.stamp(batch.firstSequence))
                if number < resume {
                    try await checkDuplicate(append, of: batch.id, index)
                } else {
                    topics[index].model.submit(
                        batch.id, offsets: batch.shape.offsets(from: append.firstOffset),
                        payloadBytes: batch.shape.payloadBytes)
                    pending.append((batch.id, append))
                }
            }
        } catch let error as LogError {
            try excuse(error, "submit of a producer")
        }
        _ = try await settle(pending, index)
    }

    /// The number of the first batch that the log does not know.
    private func resume(_ session: ProducerSession, _ index: Int) throws(Violation) -> Int {
        let produced = topics[index].produced
        let end = produced.last.map { $0.firstSequence + UInt64($0.shape.count) } ?? 0
        let resume = produced.firstIndex { $0.firstSequence == session.nextSequence }
        guard let resume = resume ?? (end == session.nextSequence ? produced.count : nil) else {
            throw Violation("\(session.partition): the producer goes on at \(session.nextSequence), inside of a batch")
        }
        for batch in produced[resume...] where topics[index].model.isKept(batch.id) {
            throw Violation(
                "\(session.partition): the producer goes on at \(session.nextSequence), and submission \(batch.id) at "
                    + "\(batch.firstSequence) was there")
        }
        return resume
    }

    private func produced(_ number: Int, _ index: Int) -> (id: UInt64, firstSequence: UInt64, shape: BatchShape) {
        if number == topics[index].produced.count {
            let last = topics[index].produced.last
            topics[index].produced.append(
                (
                    id: nextSubmission(), firstSequence: last.map { $0.firstSequence + UInt64($0.shape.count) } ?? 0,
                    shape: BatchShape(&random)
                ))
        }
        return topics[index].produced[number]
    }

    private func checkDuplicate(_ append: PendingAppend, of id: UInt64, _ index: Int) async throws {
        let acknowledgement = try await append.acknowledgement()
        let offsets = topics[index].model.offsets(of: id)
        guard acknowledgement.isDuplicate, !acknowledgement.knowsOffset || acknowledgement.offsets == offsets else {
            throw Violation(
                "\(topics[index].model.partition): submission \(id) at \(offsets, default: "no offsets"), submitted "
                    + "again, was answered with \(acknowledgement)")
        }
    }
}
