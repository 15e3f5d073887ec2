import PenstockEvents
import PenstockLog

/// All that a record is, whatever its type.
struct StoredRow: Hashable, Comparable {
    let time: Int64
    let keyHash: UInt64?
    let attributes: [UInt8]
    let payload: [UInt8]

    /// The integers that the attributes are.
    var integers: [Int64] {
        stride(from: 0, to: attributes.count, by: 8).map { at in
            attributes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Int64.self)) }
        }
    }

    /// The record without its key.
    var withoutKey: StoredRow { StoredRow(time: time, keyHash: nil, attributes: attributes, payload: payload) }

    /// The records of each partition of a topic, in their order.
    static func all(of topic: String, in directory: String) async throws -> [[StoredRow]] {
        let log = try await EmbeddedLog(directory: directory, creating: false)
        var partitions: [[StoredRow]] = []
        for partition in try await log.describe(topic).partitions {
            let reader = try await log.reader(for: TopicPartition(topic, partition.number), from: .earliest)
            var rows: [StoredRow] = []
            while let entry = try await reader.next() {
                if case .records(let records) = entry { rows += Self.rows(of: records) }
            }
            await reader.close()
            partitions.append(rows)
        }
        return partitions
    }

    private static func rows(of records: RecordBatch) -> [StoredRow] {
        (0..<records.count).map { index in
            StoredRow(
                time: records.time(at: index).nanoseconds,
                keyHash: records.withKeyHashes { $0.isEmpty ? nil : $0[index] },
                attributes: records.withAttributes(at: index) { Array($0) },
                payload: records.payload(at: index).withUnsafeBytes { Array($0) })
        }
    }

    /// By time and then by attributes.
    static func < (one: StoredRow, other: StoredRow) -> Bool {
        one.time != other.time ? one.time < other.time : one.integers.lexicographicallyPrecedes(other.integers)
    }
}
