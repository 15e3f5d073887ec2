/// Recovery of a partition without becoming its writer, on a thread of the log.
actor PartitionRepair {
    private let recovery: PartitionRecovery
    private let lease: Lease?
    private let thread: StorageThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ recovery: PartitionRecovery, lease: Lease?, thread: StorageThread) {
        self.recovery = recovery
        self.lease = lease
        self.thread = thread
    }

    /// Recovers the partition as its owner.
    func run() throws(LogError) -> [RecoveryReport] {
        let lock = try OwnerLock(
            of: recovery.partition, in: recovery.directory, storage: recovery.storage, lease: lease)
        defer { withExtendedLifetime(lock) {} }
        return try recovery.run().reports
    }
}
