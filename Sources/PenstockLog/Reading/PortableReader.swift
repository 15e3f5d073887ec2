/// A reader that gives batches to other processes as they are stored, without opening them.
package protocol PortableReader: TopicReader {
    /// The next batches, together at least one and hardly more than `byteLimit` bytes; none at the end of what is committed. Each was
    /// verified. The first one may begin before the position. Not beside `next`.
    /// - Throws: as `next`.
    func nextStored(_ byteLimit: Int) async throws(LogError) -> [PortableBatch]
}
