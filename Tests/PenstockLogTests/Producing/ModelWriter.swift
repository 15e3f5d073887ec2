import PenstockEvents

@testable import PenstockLog

/// A writer of a partition of the model.
final class ModelWriter: TopicWriter {
    let partition: TopicPartition
    private let log: ModelLog
    private let isBroken = Guarded(false)
    private let isClosed = Guarded(false)

    init(_ log: ModelLog, _ partition: TopicPartition) {
        self.log = log
        self.partition = partition
        log.opened(1)
    }

    func submit(_ batch: consuming RecordBatchBuilder) async throws(LogError) -> PendingAppend {
        try submit(Self.entries(batch), .submit, nil)
    }

    func submit(_ batch: consuming RecordBatchBuilder, at offset: UInt64) async throws(LogError) -> PendingAppend {
        try submit(Self.entries(batch), .submit, nil, at: offset)
    }

    func submit(control record: ControlRecord) async throws(LogError) -> PendingAppend {
        try submit([.control(record)], .control, nil)
    }

    func submit(control record: ControlRecord, at offset: UInt64) async throws(LogError) -> PendingAppend {
        try submit([.control(record)], .control, nil, at: offset)
    }

    func submit(
        _ batch: consuming RecordBatchBuilder, from producer: ProducerStamp
    ) async throws(LogError) -> PendingAppend { try submit(Self.entries(batch), .submit, producer) }

    func producer(named name: String) async throws(LogError) -> ProducerSession {
        try checkOpen()
        switch log.fault(.session, partition) {
        case .none: return log.session(name, partition)
        case .refused(let code): throw ModelLog.error(code)
        case .answerLost, .acknowledgementLost:
            _ = log.session(name, partition)
            throw ModelLog.error(.storage)
        case .failedLater, .halfDone: throw ModelLog.error(.storage)
        case .broken:
            isBroken.withLock { $0 = true }
            throw ModelLog.error(.storage)
        }
    }

    func close() async throws(LogError) {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst { log.opened(-1) }
    }

    private func checkOpen() throws(LogError) {
        if isClosed.withLock({ $0 }) || isBroken.withLock({ $0 }) { throw ModelLog.error(.closed) }
    }

    private func submit(
        _ entries: [ModelLog.Entry], _ request: ModelLog.Request, _ stamp: ProducerStamp?,
        at place: UInt64? = nil
    ) throws(LogError) -> PendingAppend {
        try checkOpen()
        let fault = log.fault(request, partition)
        switch fault {
        case .refused(let code): throw ModelLog.error(code)
        case .broken:
            isBroken.withLock { $0 = true }
            throw ModelLog.error(.storage)
        case .failedLater:
            let pending = PendingAppend(firstOffset: UInt64(log.entries(partition).count))
            log.answer(pending, .failure(ModelLog.error(.storage)))
            return pending
        case .halfDone where entries.count > 1:
            _ = try log.append(Array(entries.prefix(entries.count / 2)), partition, stamp)
            throw ModelLog.error(.partlyWritten)
        case .none, .answerLost, .acknowledgementLost, .halfDone: break
        }
        let (offset, isDuplicate) = try log.append(entries, partition, stamp, at: place)
        if fault == .answerLost || fault == .halfDone { throw ModelLog.error(.storage) }
        let pending = PendingAppend(firstOffset: offset)
        let acknowledgement = Acknowledgement(
            firstOffset: offset, count: entries.count, durability: .durable, isDuplicate: isDuplicate)
        log.answer(pending, fault == .none ? .success(acknowledgement) : .failure(ModelLog.error(.storage)))
        return pending
    }

    private static func entries(_ batch: consuming RecordBatchBuilder) -> [ModelLog.Entry] {
        batch.flushPending()
        var start = 0
        return (0..<batch.count).map { index in
            let length: Int
            switch batch.attributeLengths {
            case .uniform(let stride): length = stride
            case .varying(let lengths): length = Int(lengths[index])
            }
            defer { start += length }
            return .record(
                time: batch.times[index], keyHash: batch.keyHashes.isEmpty ? nil : batch.keyHashes[index],
                attributes: Array(batch.attributes[start..<start + length]))
        }
    }
}

/// Finds control records in what a partition of the model held.
actor ModelControlReader: TopicReader {
    nonisolated let partition: TopicPartition
    private let entries: [ModelLog.Entry]
    private(set) var position: UInt64

    init(_ partition: TopicPartition, _ entries: [ModelLog.Entry], _ position: UInt64) {
        self.partition = partition
        self.entries = entries
        self.position = position
    }

    func nextControl() async throws(LogError) -> (record: ControlRecord, offset: UInt64)? {
        while Int(position) < entries.count {
            defer { position += 1 }
            if case .control(let record) = entries[Int(position)] { return (record, position) }
        }
        return nil
    }

    func next() async throws(LogError) -> LogEntry? { nil }
    func waitForMore() async throws(LogError) {}
    func skipDamage() async throws(LogError) -> Range<UInt64>? { nil }
    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) async throws(LogError) -> [Payload] { [] }
    func close() async {}
}
