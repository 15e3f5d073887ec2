internal import PenstockEvents

/// The payloads of consecutive records that have the same length and lie one behind the other: mostly one, or none of many records.
struct PayloadRun: Sendable {
    let bytes: Payload
    let count: Int

    /// The length of each payload.
    var payloadBytes: Int { bytes.count / count }

    var codec: PayloadCodec { bytes.codec }

    static func empty(_ count: Int) -> PayloadRun { PayloadRun(bytes: .empty, count: count) }
}
