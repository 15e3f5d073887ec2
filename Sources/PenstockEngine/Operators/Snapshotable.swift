public import PenstockEvents

/// State that can be written down and brought back, bit for bit, in another process.
///
/// An operator holds parameters only; what it learns from the stream is in a state of its own, so that a checkpoint can keep it and
/// another instance can go on with it.
public protocol Snapshotable: Sendable {
    /// Writes the state as records: small values as attributes, large ones as payloads.
    func snapshot(into records: inout RecordWriter)

    /// Brings back the state that `snapshot` wrote, record by record.
    /// - Throws: `RecordError` where the records are not those of this type.
    init(restoring records: [RecordReader]) throws(RecordError)
}

/// The state of an operator that has none.
public struct NoState: Snapshotable {
    /// No state.
    public init() {}

    /// Writes nothing.
    public func snapshot(into records: inout RecordWriter) {}

    /// Reads nothing.
    public init(restoring records: [RecordReader]) throws(RecordError) {}
}
