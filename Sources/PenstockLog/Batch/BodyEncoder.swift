internal import PenstockEvents

/// Lays the records of a builder out as a body.
struct BodyEncoder {
    /// With everything that is known before the body is written: all but the checksums.
    let header: BatchHeader

    private let times: [Int64]
    private let keyHashes: [UInt64]
    private let attributeLengths: AttributeLengths
    private let attributes: [UInt8]
    private let payloads: [Payload]
    private let layout: BatchLayout
    private let prefixBytes: Int
    private let payloadBytes: Int

    init(_ builder: borrowing RecordBatchBuilder) {
        times = builder.times
        keyHashes = builder.keyHashes
        attributeLengths = builder.attributeLengths
        attributes = builder.attributes
        payloads = builder.payloads

        var columns: BatchColumns = [.times]
        if !keyHashes.isEmpty { columns.insert(.keyHashes) }
        switch attributeLengths {
        case .uniform: columns.insert(.attributeStride)
        case .varying: columns.insert(.attributeLengths)
        }
        var payloadBytes = 0
        if !payloads.isEmpty {
            columns.insert(.payloadLengths)
            var hasCodecs = false
            for payload in payloads {
                payloadBytes = BatchLayout.payloadStart(after: payloadBytes, count: payload.count) + payload.count
                hasCodecs = hasCodecs || payload.codec != .raw
            }
            if hasCodecs { columns.insert(.payloadCodecs) }
            if payloadBytes >= BatchLayout.blockBytes { columns.insert(.blockChecksums) }
        }
        self.payloadBytes = payloadBytes
        layout = BatchLayout(columns: columns, count: times.count, payloadBytes: payloadBytes)
        let end = layout.attributes + attributes.count
        prefixBytes = payloads.isEmpty ? end : end.rounded(upTo: 64)

        var header = BatchHeader()
        header.count = UInt32(times.count)
        header.columns = columns
        header.schemaID = builder.schemaID
        header.minTime = Timestamp(nanoseconds: times.min() ?? 0)
        header.maxTime = Timestamp(nanoseconds: times.max() ?? 0)
        header.rawBytes = UInt32(clamping: prefixBytes + payloadBytes)
        header.prefixRawBytes = UInt32(clamping: prefixBytes)
        header.storedBytes = header.rawBytes
        header.prefixStoredBytes = header.prefixRawBytes
        self.header = header
    }

    /// The length of the body.
    var byteCount: Int { prefixBytes + payloadBytes }

    /// Writes every byte of `body`, and its checksums into `header`.
    func fill(_ body: UnsafeMutableRawBufferPointer, _ header: inout BatchHeader) {
        let prefix = UnsafeMutableRawBufferPointer(rebasing: body[..<prefixBytes])
        fillPrefix(prefix)
        let blocks = fillPayloads(UnsafeMutableRawBufferPointer(rebasing: body[prefixBytes...]))
        if header.columns.contains(.blockChecksums) { copy(blocks, to: prefix, at: layout.blockChecksums) }
        header.prefixCRC = CRC32C.checksum(UnsafeRawBufferPointer(prefix))
        header.bodyCRC = header.prefixCRC
        var rest = payloadBytes
        for block in blocks {
            let count = min(rest, BatchLayout.blockBytes)
            header.bodyCRC = CRC32C.joined(header.bodyCRC, block, count: count)
            rest -= count
        }
    }

    private func fillPrefix(_ prefix: UnsafeMutableRawBufferPointer) {
        let end = layout.attributes + attributes.count
        zero(prefix, layout.payloadLengths..<layout.attributes)
        zero(prefix, end..<prefix.count)
        copy(times, to: prefix, at: layout.times)
        copy(keyHashes, to: prefix, at: layout.keyHashes)
        switch attributeLengths {
        case .uniform(let stride):
            prefix.storeBytes(of: UInt32(stride), toByteOffset: layout.attributeLengths, as: UInt32.self)
        case .varying(let lengths):
            copy(lengths, to: prefix, at: layout.attributeLengths)
        }
        for (index, payload) in payloads.enumerated() {
            prefix.storeBytes(
                of: UInt32(payload.count), toByteOffset: layout.payloadLengths + 4 * index, as: UInt32.self)
        }
        if header.columns.contains(.payloadCodecs) {
            for (index, payload) in payloads.enumerated() {
                prefix[layout.payloadCodecs + index] = payload.codec.rawValue
            }
        }
        copy(attributes, to: prefix, at: layout.attributes)
    }

    /// Copies the payloads to their places and returns the checksum of every block, taken while the block is in the cache.
    private func fillPayloads(_ target: UnsafeMutableRawBufferPointer) -> [UInt32] {
        var blocks: [UInt32] = []
        blocks.reserveCapacity(BatchLayout.blockCount(target.count))
        var blockStart = 0
        func closeBlocks(upTo end: Int, isLast: Bool) {
            while blockStart + BatchLayout.blockBytes <= end || (isLast && blockStart < end) {
                let block = blockStart..<min(blockStart + BatchLayout.blockBytes, end)
                blocks.append(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: target[block])))
                blockStart = block.upperBound
            }
        }
        var end = 0
        for payload in payloads {
            let start = BatchLayout.payloadStart(after: end, count: payload.count)
            zero(target, end..<start)
            end = start
            closeBlocks(upTo: end, isLast: false)
            payload.withUnsafeBytes { bytes in
                var done = 0
                while done < bytes.count {
                    let next = min(bytes.count, done + blockStart + BatchLayout.blockBytes - end)
                    let piece = UnsafeRawBufferPointer(rebasing: bytes[done..<next])
                    UnsafeMutableRawBufferPointer(rebasing: target[end..<end + piece.count]).copyMemory(from: piece)
                    end += piece.count
                    done = next
                    closeBlocks(upTo: end, isLast: false)
                }
            }
        }
        closeBlocks(upTo: end, isLast: true)
        return blocks
    }

    private func zero(_ target: UnsafeMutableRawBufferPointer, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: target[range]).initializeMemory(as: UInt8.self, repeating: 0)
    }

    private func copy<Value: BitwiseCopyable>(
        _ values: [Value], to target: UnsafeMutableRawBufferPointer, at start: Int
    ) {
        guard !values.isEmpty else { return }
        values.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: target[start..<start + bytes.count]).copyMemory(from: bytes)
        }
    }
}
