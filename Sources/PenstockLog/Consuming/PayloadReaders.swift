internal import PenstockEvents

/// Readers that fetch payloads, one a partition kept for the next time; a reader has one user at a time.
actor PayloadReaders {
    private let log: any LogStore
    private var idle: [TopicPartition: any TopicReader] = [:]
    private var isClosed = false

    init(_ log: any LogStore) { self.log = log }

    func payloads(
        of offsets: [UInt64], in partition: TopicPartition, _ selection: PayloadSelection
    ) async throws(LogError) -> [Payload] {
        let reader: any TopicReader
        if let kept = idle.removeValue(forKey: partition) {
            reader = kept
        } else {
            reader = try await log.reader(for: partition, from: .earliest, parts: .attributes)
        }
        do throws(LogError) {
            let payloads = try await reader.payloads(of: offsets, selection)
            await keep(reader)
            return payloads
        } catch {
            await reader.close()
            throw error
        }
    }

    func close() async {
        isClosed = true
        let readers = idle.values.sorted { $0.partition.precedes($1.partition) }
        idle = [:]
        for reader in readers { await reader.close() }
    }

    private func keep(_ reader: any TopicReader) async {
        if !isClosed, idle[reader.partition] == nil {
            idle[reader.partition] = reader
        } else {
            await reader.close()
        }
    }
}
