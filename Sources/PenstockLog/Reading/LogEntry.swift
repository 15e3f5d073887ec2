public import PenstockEvents

/// What a reader delivers.
public enum LogEntry: Sendable {
    /// Records of one batch.
    case records(RecordBatch)
    /// A control record, and its offset.
    case control(ControlRecord, offset: UInt64)
}
