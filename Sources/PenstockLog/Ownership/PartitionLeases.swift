/// Gives out the right to write to the partitions of a log whose directory several processes share.
///
/// A log that is opened with it claims a partition before it becomes its writer, and gives it back when it has ended: the lease is the
/// ownership, and its epoch the owner's. Without it the ownership is a lock of the file system, which a process that stands still keeps.
public protocol PartitionLeases: Sendable {
    /// Claims a partition, and waits while another process still has it that is to give it back, or has died.
    /// - Parameter floor: the epoch will be higher than this one.
    /// - Throws: `LogError` with code `moved` where another process is to have it, `partitionOwned` where another one keeps it, or
    ///   `unreachable` where nobody can say.
    func claim(_ partition: TopicPartition, above floor: UInt32) async throws(LogError) -> Lease
}

extension EmbeddedLog {
    /// The right to write to a partition, and the files as whoever has it changes them.
    struct Claimed {
        let storage: any Storage
        /// Nil where a lock of the file system is enough.
        let lease: Lease?

        /// Lets others have the partition.
        func release() async { try? await lease?.release() }
    }

    /// Claims a partition, where claims are given out.
    func claim(_ partition: TopicPartition) async throws(LogError) -> Claimed {
        guard let leases else { return Claimed(storage: storage, lease: nil) }
        let floor = try await directory.highestEpoch(of: view(of: partition))
        let lease = try await leases.claim(partition, above: floor)
        return Claimed(storage: LeasedStorage(storage, lease), lease: lease)
    }
}

extension LogDirectory {
    /// The highest epoch that a partition's files name; 0 where none does.
    func highestEpoch(of view: PartitionView) throws(LogError) -> UInt32 {
        let noted = OwnerLock.epoch(in: view.directory, storage: view.storage) ?? 0
        return try view.segments().map(\.epoch).reduce(noted, max)
    }
}
