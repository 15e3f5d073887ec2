/// Recovery of a partition without becoming its writer, on a thread of the log.
actor PartitionRepair {
    private let recovery: PartitionRecovery
    private let thread: StorageThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ recovery: PartitionRecovery, thread: StorageThread) {
        self.recovery = recovery
        self.thread = thread
    }

    /// Recovers the partition under its lock.
    func run() throws(LogError) -> [RecoveryReport] {
        let (partition, directory, storage) = (recovery.partition, recovery.directory, recovery.storage)
        let lock = try OwnerLock(of: partition, in: directory, storage: storage) { () throws(LogError) in
            try PartitionView.segments(of: partition, in: directory, storage: storage).map { $0.epoch + 1 }.max() ?? 1
        }
        defer { withExtendedLifetime(lock) {} }
        return try recovery.run().reports
    }
}
