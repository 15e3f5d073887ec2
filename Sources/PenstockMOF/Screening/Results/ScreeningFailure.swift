public import PenstockEvents

/// A structure that could not be screened, with its file: what the dead-letter topic holds.
public struct ScreeningFailure: Event {
    /// The file, as it came.
    public let file: StructureFile
    /// The codes and texts of the reason, as in the structure's row.
    public let reason: String

    /// What the records of a topic of failures hold.
    public static let schema = Schema(
        "mof.ScreeningFailure",
        fields: [.init("reason", .string), .init("name", .string), .init("format", .u8), .init("failure", .string)],
        payload: .init("content", .bytes))

    /// The failure of a candidate that has failed.
    public init(_ candidate: Candidate) { (file, reason) = (candidate.file, candidate.result.reason) }

    /// Appends the attributes in the schema's order and the bytes of the file as the payload.
    public func write(to record: inout RecordWriter) {
        record.append(reason)
        file.write(to: &record)
    }

    /// Reads a failure back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        reason = try record.readString()
        file = try StructureFile(reading: &record)
    }
}
