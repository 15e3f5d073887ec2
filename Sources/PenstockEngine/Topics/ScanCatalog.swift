public import PenstockEvents
public import PenstockLog

/// A scan as a topic holds it.
public struct RecordedScan: Sendable, Hashable {
    /// The scan's identity.
    public let scan: ScanID
    /// What its source said of it.
    public let properties: [String: String]
    /// The offset of the record that begins the scan.
    public let startOffset: UInt64
    /// The offset of the record that ends it, or nil where the recording broke off.
    public let endOffset: UInt64?
    /// The number of events of the scan; nil where the recording broke off.
    public let eventCount: UInt64?
}

extension LogStore {
    /// The scans of a topic, oldest first.
    /// - Throws: `LogError` where the topic is not there or is damaged.
    public func scans(in topic: String) async throws(LogError) -> [RecordedScan] {
        var scans: [RecordedScan] = []
        let reader = try await reader(for: TopicPartition(topic), from: .earliest)
        while let (record, offset) = try await reader.nextControl() {
            switch record {
            case .scanStart(let start):
                scans.append(
                    RecordedScan(
                        scan: start.scan, properties: start.properties, startOffset: offset, endOffset: nil,
                        eventCount: nil))
            case .scanEnd(let end):
                guard let last = scans.last, last.scan == end.scan else { continue }
                scans[scans.count - 1] = RecordedScan(
                    scan: last.scan, properties: last.properties, startOffset: last.startOffset, endOffset: offset,
                    eventCount: end.eventCount)
            case .timeMark, .endOfStream, .producer, .transactionBegin, .transactionCommit, .transactionAbort:
                continue
            }
        }
        await reader.close()
        return scans
    }
}
