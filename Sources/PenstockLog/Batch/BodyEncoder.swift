internal import PenstockEvents

/// Lays the records of a builder out as a body.
struct BodyEncoder {
    /// With everything that is known before the body is written: all but the checksums.
    let header: BatchHeader

    private let times: [Int64]
    private let keyHashes: [UInt64]
    private let attributeLengths: AttributeLengths
    private let attributes: [UInt8]
    private let payloads: [PayloadRun]
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
            for run in payloads {
                let bytes = run.payloadBytes
                let start = BatchLayout.payloadStart(after: payloadBytes, count: bytes)
                // Behind a first payload all others of the run are equally far from each other.
                payloadBytes = start + (run.count - 1) * BatchLayout.payloadStart(after: bytes, count: bytes) + bytes
                hasCodecs = hasCodecs || run.codec != .raw
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
        fillPayloadColumns(prefix)
        copy(attributes, to: prefix, at: layout.attributes)
    }

    private func fillPayloadColumns(_ prefix: UnsafeMutableRawBufferPointer) {
        var index = 0
        for run in payloads {
            let length = UInt32(run.payloadBytes)
            for record in index..<index + run.count {
                prefix.storeBytes(of: length, toByteOffset: layout.payloadLengths + 4 * record, as: UInt32.self)
            }
            if header.columns.contains(.payloadCodecs) {
                for record in index..<index + run.count {
                    prefix[layout.payloadCodecs + record] = run.codec.rawValue
                }
            }
            index += run.count
        }
    }

    /// Copies the payloads to their places and returns the checksum of every block, taken while the block is in the cache.
    private func fillPayloads(_ target: UnsafeMutableRawBufferPointer) -> [UInt32] {
        var checksums = BlockChecksums(target)
        var end = 0
        for run in payloads {
            let count = run.payloadBytes
            run.bytes.withUnsafeBytes { bytes in
                for number in 0..<run.count {
                    let start = BatchLayout.payloadStart(after: end, count: count)
                    zero(target, end..<start)
                    end = start
                    let payload = UnsafeRawBufferPointer(rebasing: bytes[number * count..<(number + 1) * count])
                    var done = 0
                    while done < count {
                        if end == checksums.blockEnd { checksums.closeBlock() }
                        let piece = min(count - done, checksums.blockEnd - end)
                        UnsafeMutableRawBufferPointer(rebasing: target[end..<end + piece])
                            .copyMemory(from: UnsafeRawBufferPointer(rebasing: payload[done..<done + piece]))
                        end += piece
                        done += piece
                    }
                }
            }
        }
        return checksums.finish()
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
