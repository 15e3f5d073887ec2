internal import PenstockEvents
internal import PenstockLog

/// What a partition of a topic holds.
enum TopicContents {
    /// Every record and control record, with its time, bit by bit.
    static func exactRows(of partition: TopicPartition, _ log: any LogStore) async throws -> [String] {
        let reader = try await log.reader(for: partition, from: .earliest)
        var rows: [String] = []
        while let entry = try await reader.next() {
            switch entry {
            case .control(let record, _): rows.append("\(record)")
            case .records(let records):
                for index in 0..<records.count {
                    let attributes = records.withAttributes(at: index) { Array($0) }
                    let payload = records.payload(at: index).withUnsafeBytes { Array($0) }
                    rows.append("\(attributes) \(payload) at \(records.time(at: index).nanoseconds)")
                }
            }
        }
        await reader.close()
        return rows
    }
}
