internal import PenstockEvents

/// Sessions of producers that number their records; `docs/event-log-format.md`, section 10, has the rules.
extension PartitionWriter {
    func producer(named name: String) async throws(LogError) -> ProducerSession {
        guard !name.isEmpty, name.utf8.count <= ProducerTable.nameBytes else {
            throw LogError(
                .invalidProducerName,
                "a producer of \(partition) cannot have a name of \(name.utf8.count) bytes: "
                    + "\(name.prefix(40).debugDescription)",
                hint: "choose a name of 1 to \(ProducerTable.nameBytes) bytes", place: .init(partition: partition))
        }
        // Only the queue knows number and epoch; it makes the record anew when it gives out the place.
        let draft = EncodedBatch(ProducerRegistration(id: 0, epoch: 0, name: name), nextSequence: 0)
        let admission = try taken(await queue.submit(draft, as: .session(name: name)))
        _ = try await admission.pending?.acknowledgement()
        return ProducerSession(
            partition: partition, name: name, id: admission.header.producer, epoch: admission.header.producerEpoch,
            nextSequence: admission.header.baseSequence)
    }
}
