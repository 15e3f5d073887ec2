internal import PenstockEvents
internal import PenstockLog

/// Events for appending, made before the clock starts: noise, which cannot be compressed, more of it than a cache holds.
struct AppendLoad: Sendable {
    let schema: Schema
    private let schemaID: UInt64
    let eventsPerBatch: Int
    let eventBytes: Int

    private let attributes: [Payload]
    private let payloads: [Payload]
    private let times: [Int64]

    init(eventBytes: Int, attributeBytes: Int, batchBytes: Int) {
        self.eventBytes = eventBytes
        eventsPerBatch = max(1, batchBytes / eventBytes)
        let payloadBytes = eventBytes - attributeBytes
        schema = Schema(
            "Noise", fields: attributeBytes > 0 ? [.init("attributes", .u8, shape: [.count(attributeBytes)])] : [],
            payload: payloadBytes > 0 ? .init("payload", .bytes) : nil)
        schemaID = schema.id
        let sets = max(2, min(64, (32 << 20) / (eventsPerBatch * eventBytes)))
        var noise = SplitMix64Noise()
        let events = eventsPerBatch
        attributes = (0..<sets).map { _ in noise.bytes(events * attributeBytes) }
        payloads = (0..<sets).map { _ in noise.bytes(events * payloadBytes) }
        times = (0..<Int64(events)).map { $0 * 1000 }
    }

    /// Bytes of the events of a batch.
    var batchBytes: Int { eventsPerBatch * eventBytes }

    /// The batch `number` of a producer.
    func batch(_ number: Int) -> RecordBatchBuilder {
        var builder = RecordBatchBuilder(schemaID: schemaID)
        let set = number % attributes.count
        attributes[set].withUnsafeBytes { attributes in
            times.withUnsafeBufferPointer { times in
                builder.append(block: attributes, times: times, payloads: payloads[set])
            }
        }
        return builder
    }
}

/// Bytes without a pattern.
private struct SplitMix64Noise {
    private var state: UInt64 = 1

    mutating func bytes(_ count: Int) -> Payload {
        guard count > 0 else { return .empty }
        return Payload(byteCount: count) { bytes in
            for index in 0..<count {
                if index % 8 == 0 { state &+= SplitMix64.golden }
                bytes[index] = UInt8(truncatingIfNeeded: SplitMix64.mix(state) >> UInt64(8 * (index % 8)))
            }
        }
    }
}
