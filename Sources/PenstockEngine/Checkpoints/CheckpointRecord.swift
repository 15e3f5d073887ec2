internal import PenstockEvents

/// A record of the topic that holds checkpoints: a piece of a state, the word on an operator's numbers, or the end of a checkpoint.
///
/// A checkpoint is its pieces and then the end, which says how many there were. Pieces without their end are what a crash left.
struct CheckpointRecord: Event {
    enum Kind: UInt8 {
        /// A state, or a part of one that is large.
        case state = 0
        /// What an operator has counted.
        case statistics = 1
        /// The end of the checkpoint.
        case end = 2
        /// A state that is the same as in an earlier checkpoint, and stands there.
        case reference = 3
        /// The number of a stage as an origin of events.
        case origin = 4
    }

    static let schema = Schema(
        "penstock.checkpoint", version: 2,
        fields: [
            Schema.Field("epoch", .u64), Schema.Field("scan", .u64), Schema.Field("kind", .u8),
            Schema.Field("piece", .u32), Schema.Field("continues", .bool), Schema.Field("group", .i32),
            Schema.Field("number", .u64), Schema.Field("bytes", .u64), Schema.Field("owner", .string),
            Schema.Field("form", .string),
        ], payload: Schema.Field("state", .bytes))

    /// The most bytes of a state in one record.
    static let largestPiece = 8 << 20

    let epoch: UInt64
    let scan: UInt64
    let kind: Kind
    /// The number of the piece in its checkpoint, from 0; of the end the number of pieces.
    let piece: UInt32
    /// Whether the state goes on behind that of the piece before it, because it is too large for one.
    var continues = false
    /// The key group, or -1.
    var group: Int32 = -1
    /// Of a reference the offset of the first record of the state; of an origin the number.
    var number: UInt64 = 0
    /// Of the end the bytes of all states; of a reference those of the state.
    var byteCount: UInt64 = 0
    /// The owner's text.
    var owner = ""
    var form = ""
    var bytes = Payload.empty

    init(epoch: UInt64, scan: UInt64, kind: Kind, piece: UInt32) {
        self.epoch = epoch
        self.scan = scan
        self.kind = kind
        self.piece = piece
    }

    func write(to record: inout RecordWriter) {
        record.append(epoch)
        record.append(scan)
        record.append(kind.rawValue)
        record.append(piece)
        record.append(UInt8(continues ? 1 : 0))
        record.append(group)
        record.append(number)
        record.append(byteCount)
        record.append(owner)
        record.append(form)
        record.setPayload(bytes)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        epoch = try record.readInteger()
        scan = try record.readInteger()
        guard let kind = Kind(rawValue: try record.readInteger()) else { throw .invalidField("kind") }
        self.kind = kind
        piece = try record.readInteger()
        continues = try record.readInteger(UInt8.self) != 0
        group = try record.readInteger()
        number = try record.readInteger()
        byteCount = try record.readInteger()
        owner = try record.readString()
        form = try record.readString()
        bytes = record.payload
    }
}
