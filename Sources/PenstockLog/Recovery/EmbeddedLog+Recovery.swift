extension EmbeddedLog {
    /// Makes good what the last owner of a partition left behind, as its next writer would: cuts a torn tail, and seals.
    /// - Throws: `LogError` with code `partitionOwned` where somebody writes to it.
    public func recover(_ partition: TopicPartition) async throws(LogError) {
        _ = try await topic(of: partition)
        let claimed = try await claim(partition)
        let recovery = PartitionRecovery(
            partition: partition, directory: directory.directory(of: partition), storage: claimed.storage,
            limits: limits)
        do throws(LogError) {
            keep(try await PartitionRepair(recovery, lease: claimed.lease, thread: nextWriterThread()).run())
        } catch {
            await claimed.release()
            throw error
        }
        await claimed.release()
    }
}
