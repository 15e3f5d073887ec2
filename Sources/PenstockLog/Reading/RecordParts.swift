/// What of the records a reader brings into memory.
public enum RecordParts: Sendable, Hashable {
    /// Attributes and payloads.
    case everything
    /// Times, key hashes, attributes and the lengths of the payloads; payloads stay in the file.
    case attributes
}
