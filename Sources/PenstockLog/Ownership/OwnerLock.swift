#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The ownership of a partition: a locked file that says who holds it, with an epoch that rises at every change of hands.
///
/// The lock goes with the process; what the file says is for people and for the epoch. With a lease, which decides then, the lock is shared:
/// it keeps away those who have none, also where one process was stopped and another has the lease by now.
final class OwnerLock: Sendable {
    static let fileName = "owner"

    let epoch: UInt32
    let lease: Lease?
    private let file: any StorageFile

    /// - Parameter lease: what decides about the ownership, with an epoch above every one that the partition's files name; nil for the lock
    ///   alone.
    /// - Throws: `LogError` with code `partitionOwned` or `moved`, or one of the storage.
    init(
        of partition: TopicPartition, in directory: String, storage: any Storage, lease: Lease?
    ) throws(LogError) {
        let path = directory + "/" + Self.fileName
        let isShared = lease != nil
        guard
            let file = try explained(
                partition, { () throws(StorageError) in try storage.lock(path, shared: isShared) })
        else {
            throw Self.ownedError(partition, path: path, storage: storage)
        }
        self.file = file
        self.lease = lease
        if let lease {
            epoch = lease.epoch
        } else {
            let lowest =
                try PartitionView.segments(of: partition, in: directory, storage: storage)
                .map { $0.epoch + 1 }.max() ?? 1
            let previous = Self.fields(of: file)["epoch"].flatMap { UInt32($0) } ?? 0
            epoch = max(previous + 1, lowest)
        }
        let text = "epoch \(epoch)\npid \(getpid())\nhost \(Self.hostName)\n"
        try explained(partition) { () throws(StorageError) in
            try Array(text.utf8).withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
            try file.truncate(to: text.utf8.count)
            try file.sync()
        }
    }

    deinit {
        guard let lease, lease.isHeld else { return }
        Task { try? await lease.release() }
    }

    /// Refuses what only the owner may say: that something is in the log.
    /// - Throws: `StorageError` with reason `leaseLost`.
    func check(_ path: String) throws(StorageError) { try lease?.check("acknowledge what was written to", path) }

    /// The error that names the owner of a partition.
    static func ownedError(_ partition: TopicPartition, path: String, storage: any Storage) -> LogError {
        let holder = (try? storage.open(path, .read)).map { fields(of: $0) } ?? [:]
        let pid = holder["pid"] ?? "unknown"
        let host = holder["host"] ?? "unknown"
        return LogError(
            .partitionOwned, "\(partition) already has a writer: process \(pid) on host \(host)",
            hint: "close that writer or end that process; a partition has one writer at a time",
            place: .init(partition: partition, file: path))
    }

    /// The epoch of the last owner of the partition in `directory`; nil where the file does not say.
    static func epoch(in directory: String, storage: any Storage) -> UInt32? {
        guard let file = try? storage.open(directory + "/" + fileName, .read) else { return nil }
        return fields(of: file)["epoch"].flatMap { UInt32($0) }
    }

    private static func fields(of file: any StorageFile) -> [String: String] {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = bytes.withUnsafeMutableBytes { (try? file.read(into: $0, at: 0)) ?? 0 }
        var fields: [String: String] = [:]
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { fields[String(words[0])] = String(words[1]) }
        }
        return fields
    }

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

    private static var hostName: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let known = bytes.withUnsafeMutableBytes { bytes in
            gethostname(bytes.bindMemory(to: CChar.self).baseAddress!, bytes.count - 1) == 0
        }
        return known ? String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) : "unknown"
    }
}
