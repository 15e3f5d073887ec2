internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// Where reading begins, as the command line says it: `first`, `last`, an offset, or an event time.
enum StartPoint: Equatable {
    case first
    case last
    case offset(UInt64)
    case time(Timestamp)

    @Sendable static func parse(_ text: String) throws -> StartPoint {
        if text == "first" { return .first }
        if text == "last" { return .last }
        if let offset = UInt64(text) { return .offset(offset) }
        if let time = Timestamp(iso8601: text) { return .time(time) }
        throw ValidationError(
            "\"\(text)\" is no place in a topic; write first, last, an offset such as 1200, or an event time such as "
                + "2026-11-21T05:30:00Z")
    }

    /// Opens a reader here. `last` is the last record.
    func reader(of partition: TopicPartition, in log: any LogStore) async throws -> any TopicReader {
        switch self {
        case .first: return try await log.reader(for: partition, from: .earliest)
        case .offset(let offset): return try await log.reader(for: partition, from: .offset(offset))
        case .last: return try await log.reader(for: partition, from: .offset(lastOffsets(1, of: partition, in: log)))
        case .time(let time): return try await log.reader(for: partition, from: .time(time))
        }
    }

    /// The offset behind which `count` offsets are left, or the first one.
    private func lastOffsets(
        _ count: UInt64, of partition: TopicPartition, in log: any LogStore
    ) async throws -> UInt64 {
        let known = try await log.describe(partition.topic).partitions[partition.partition]
        return max(known.firstOffset, known.nextOffset < count ? 0 : known.nextOffset - count)
    }
}
