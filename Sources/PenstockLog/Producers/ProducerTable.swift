internal import PenstockEvents

/// The producers of a partition as they stand at one offset.
struct ProducerTable: Sendable, Equatable {
    /// The batches of each producer whose offsets are kept for the answer to a repeated one.
    static let recentBatches = 16
    /// The longest name in bytes of UTF-8.
    static let nameBytes = 200

    struct Producer: Sendable, Equatable {
        var epoch: UInt32
        /// Empty where the registration could not be read any more.
        var name: String
        var nextSequence: UInt64
        /// The last batches, oldest first.
        var recent: [Batch] = []
    }

    /// A batch of a producer.
    struct Batch: Sendable {
        var sequence: UInt64
        var count: UInt32
        var offset: UInt64
        /// Nil where the batch is known to be acknowledged.
        var pending: PendingAppend?

        var nextSequence: UInt64 { sequence + UInt64(count) }
    }

    /// What a stamp means for a batch.
    enum Place {
        case next
        /// All of it was submitted before; settled where that is acknowledged, with the offset where it is known.
        case duplicate(offset: UInt64?, pending: PendingAppend?)
        case partlyWritten(resumingAt: UInt64)
        case gap(expected: UInt64)
        case fenced(by: UInt32)
        case unknown
    }

    private(set) var producers: [UInt32: Producer] = [:]
    private var ids: [String: UInt32] = [:]

    var count: Int { producers.count }

    /// The next session of `name`: a new producer, or a known one with its next epoch.
    func session(named name: String) -> (registration: ProducerRegistration, nextSequence: UInt64) {
        if let id = ids[name], let known = producers[id] {
            return (ProducerRegistration(id: id, epoch: known.epoch + 1, name: name), known.nextSequence)
        }
        let id = (producers.keys.max() ?? 0) + 1
        return (ProducerRegistration(id: id, epoch: 1, name: name), 0)
    }

    func isKnown(_ name: String) -> Bool { ids[name] != nil }

    func place(_ stamp: ProducerStamp, count: Int) -> Place {
        guard let producer = producers[stamp.producer], stamp.epoch <= producer.epoch else { return .unknown }
        guard stamp.epoch == producer.epoch else { return .fenced(by: producer.epoch) }
        if stamp.firstSequence == producer.nextSequence { return .next }
        guard stamp.firstSequence < producer.nextSequence else { return .gap(expected: producer.nextSequence) }
        guard UInt64(count) <= producer.nextSequence - stamp.firstSequence else {
            return .partlyWritten(resumingAt: producer.nextSequence)
        }
        let first = producer.recent.last { $0.sequence <= stamp.firstSequence }
        let end = stamp.firstSequence + UInt64(count)
        // Batches are acknowledged in their order, so the first one that reaches the end stands for all before it.
        let last = producer.recent.first { $0.nextSequence >= end }
        return .duplicate(
            offset: first.map { $0.offset + (stamp.firstSequence - $0.sequence) }, pending: last?.pending)
    }

    /// The state behind a registration.
    mutating func note(_ registration: ProducerRegistration, nextSequence: UInt64) {
        var producer =
            producers[registration.id]
            ?? Producer(epoch: 0, name: "", nextSequence: nextSequence)
        producer.epoch = registration.epoch
        producer.name = registration.name
        producer.nextSequence = nextSequence
        producers[registration.id] = producer
        ids[registration.name] = registration.id
    }

    /// The state behind a producer's batch.
    mutating func note(_ header: BatchHeader, pending: PendingAppend?) {
        let batch = Batch(
            sequence: header.baseSequence, count: header.count, offset: header.baseOffset, pending: pending)
        producers[
            header.producer, default: Producer(epoch: header.producerEpoch, name: "", nextSequence: 0)
        ].note(batch)
    }

    mutating func restore(_ id: UInt32, _ producer: Producer) {
        producers[id] = producer
        if !producer.name.isEmpty { ids[producer.name] = id }
    }
}

extension ProducerTable.Producer {
    fileprivate mutating func note(_ batch: ProducerTable.Batch) {
        if recent.count == ProducerTable.recentBatches { recent.removeFirst() }
        recent.append(batch)
        nextSequence = batch.nextSequence
    }
}

extension ProducerTable.Batch: Equatable {
    static func == (a: ProducerTable.Batch, b: ProducerTable.Batch) -> Bool {
        (a.sequence, a.count, a.offset) == (b.sequence, b.count, b.offset)
    }
}
