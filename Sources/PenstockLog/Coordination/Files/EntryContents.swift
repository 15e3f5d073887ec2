/// The contents of entries that were read before: an entry never changes, so those who look at many keys again and again read only what
/// is new.
struct EntryContents {
    private static let limit = 8192
    /// Longer contents are read each time.
    private static let byteLimit = 1024
    private static let readings = 3

    private var known: [String: [UInt8]] = [:]

    /// The content of an entry, checked by `isWhole`; nil where the entry is gone.
    ///
    /// - Throws: `CoordinatorError` with code `damaged` where it stays wrong when it is read again, or one of the storage.
    mutating func content<Content>(
        of key: CoordinationKey, _ number: UInt64, in entries: NumberedEntries, _ decode: ([UInt8]) -> Content?
    ) throws(CoordinatorError) -> Content? {
        let path = entries.path(of: key, number)
        if let bytes = known[path], let content = decode(bytes) { return content }
        for _ in 0..<Self.readings {
            guard let bytes = try tried({ () throws(StorageError) in try entries.content(of: key, number) }) else {
                return nil
            }
            guard let content = decode(bytes) else { continue }
            if known.count >= Self.limit { known = [:] }
            if bytes.count <= Self.byteLimit { known[path] = bytes }
            return content
        }
        throw CoordinatorError(
            .damaged, "\(path) does not hold what was written",
            hint:
                "end all processes that use the coordination directory, and name a new one; the epochs of the log go on"
        )
    }
}
