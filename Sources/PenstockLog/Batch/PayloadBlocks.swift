internal import PenstockEvents

/// The payloads of a batch whose prefix is in memory: where each one is, and which blocks of the file a part of it needs.
struct PayloadBlocks {
    private let header: BatchHeader
    private let plan: BodyPlan
    private let prefix: BatchBody.Section

    /// - Parameter prefix: the stored prefix of the batch, verified, at `start` of `slab`.
    init(_ header: BatchHeader, prefix slab: Payload.Storage, at start: Int) throws(BatchDefect) {
        self.header = header
        prefix = try BatchBody(header, slab: slab, at: start, parts: .attributes).prefix
        let bytes = prefix.slab.bytes[prefix.start..<prefix.start + Int(header.prefixRawBytes)]
        plan = try BodyPlan(header, prefix: UnsafeRawBufferPointer(rebasing: bytes))
    }

    /// Whether parts can be read and checked alone.
    var haveChecksums: Bool {
        header.columns.contains(.blockChecksums) && header.payloadStoredBytes == header.payloadRawBytes
    }

    /// Where a record's payload lies, counted from the first byte behind the prefix. Records count from the batch's first.
    func range(of record: Int) -> Range<Int> {
        guard header.columns.contains(.payloadLengths) else { return 0..<0 }
        let start = plan.payloads.start(of: record)
        return start..<start + Int(column(UInt32.self, at: plan.layout.payloadLengths + 4 * record))
    }

    func codec(of record: Int) -> PayloadCodec {
        guard header.columns.contains(.payloadCodecs) else { return .raw }
        return PayloadCodec(rawValue: column(UInt8.self, at: plan.layout.payloadCodecs + record))
    }

    /// The ranges of whole blocks that hold `runs`, in order, apart from each other; counted as `range(of:)`.
    func blocks(holding runs: [Range<Int>]) -> [Range<Int>] {
        let size = BatchLayout.blockBytes
        let needed = runs.filter { !$0.isEmpty }
            .map { $0.lowerBound / size * size..<min($0.upperBound.rounded(upTo: size), header.payloadRawBytes) }
            .sorted { $0.lowerBound < $1.lowerBound }
        var blocks: [Range<Int>] = []
        for range in needed {
            if let last = blocks.last, range.lowerBound <= last.upperBound {
                blocks[blocks.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                blocks.append(range)
            }
        }
        return blocks
    }

    /// Checks whole blocks, which begin at `start`, by their checksums.
    func verify(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(BatchDefect) {
        let size = BatchLayout.blockBytes
        for place in stride(from: 0, to: bytes.count, by: size) {
            let block = UnsafeRawBufferPointer(rebasing: bytes[place..<min(place + size, bytes.count)])
            let expected = column(UInt32.self, at: plan.layout.blockChecksums + 4 * ((start + place) / size))
            guard CRC32C.checksum(block) == expected else { throw .bodyChecksum }
        }
    }

    /// Verifies the whole section, and gives the checksum of all of it.
    func verified(_ section: UnsafeRawBufferPointer) throws(BatchDefect) -> UInt32 {
        let size = BatchLayout.blockBytes
        var whole: UInt32 = 0
        for place in stride(from: 0, to: section.count, by: size) {
            let block = UnsafeRawBufferPointer(rebasing: section[place..<min(place + size, section.count)])
            let checksum = CRC32C.checksum(block)
            guard checksum == column(UInt32.self, at: plan.layout.blockChecksums + 4 * (place / size)) else {
                throw .bodyChecksum
            }
            whole = CRC32C.joined(whole, checksum, count: block.count)
        }
        return whole
    }

    private func column<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at place: Int) -> Value {
        UnsafeRawBufferPointer(prefix.slab.bytes).integer(at: prefix.start + place)
    }
}
