public import PenstockEvents

/// What the files of a partition tell beside its offsets.
public struct PartitionInspection: Sendable, Hashable {
    /// The number of the partition.
    public let number: Int
    /// The number of segment files.
    public let segments: Int
    /// Bytes of the segment files.
    public let bytes: Int
    /// When the last batch was appended, by the clock of its owner; nil where there is none.
    public let lastAppendTime: Timestamp?
    /// Who writes to the partition now.
    public let owner: PartitionOwner?
}

/// The process that owns a partition.
public struct PartitionOwner: Sendable, Hashable {
    /// The process, on its host.
    public let process: Int?
    /// The host.
    public let host: String?
    /// The number of owners that the partition has had, this one included.
    public let epoch: UInt32?
}

extension EmbeddedLog {
    /// Bytes, segments, the time of the last append and the owner of every partition of a topic.
    /// - Throws: `LogError` with code `topicNotFound` or `damaged`, or one of the storage.
    public func inspect(_ topic: String) async throws(LogError) -> [PartitionInspection] {
        let descriptor = try await directory.topic(topic)
        var partitions: [PartitionInspection] = []
        for number in 0..<descriptor.configuration.partitions {
            partitions.append(try await directory.inspect(view(of: TopicPartition(topic, number))))
        }
        return partitions
    }
}

extension LogDirectory {
    func inspect(_ view: PartitionView) throws(LogError) -> PartitionInspection {
        let names = try view.segments()
        var bytes = 0
        for name in names {
            // A file that retention takes away meanwhile has no bytes.
            let file = try? view.storage.open(view.directory + "/" + name.fileName, .read)
            bytes += (try? file?.byteCount()) ?? 0
        }
        return PartitionInspection(
            number: view.partition.partition, segments: names.count, bytes: bytes,
            lastAppendTime: try lastAppendTime(view, names),
            owner: try OwnerLock.owner(of: view.partition, in: view.directory, storage: view.storage))
    }

    /// The append time of the last batch, found by the headers of the last segment that has one.
    private func lastAppendTime(_ view: PartitionView, _ names: [SegmentName]) throws(LogError) -> Timestamp? {
        for name in names.reversed() {
            var cursor = SegmentCursor(try view.open(name), limits: view.limits)
            var last: Timestamp?
            do throws(CursorFailure) {
                while true {
                    let header = try cursor.header()
                    last = header.appendTime
                    cursor.advance(past: header)
                }
            } catch {
                // A defect is the end of the segment, or damage, which is for readers and `verify` to tell.
                if case .log(let error) = error { throw error }
            }
            if let last { return last }
        }
        return nil
    }
}

extension OwnerLock {
    /// Who holds the lock of a partition, without taking it; nil where nobody does.
    static func owner(
        of partition: TopicPartition, in directory: String, storage: any Storage
    ) throws(LogError) -> PartitionOwner? {
        let path = directory + "/" + fileName
        let isOwned = try explained(partition) { () throws(StorageError) in try storage.isLocked(path) }
        guard isOwned else { return nil }
        let fields = (try? storage.open(path, .read)).map { Self.fields(of: $0) } ?? [:]
        return PartitionOwner(
            process: fields["pid"].flatMap { Int($0) }, host: fields["host"],
            epoch: fields["epoch"].flatMap { UInt32($0) })
    }
}
