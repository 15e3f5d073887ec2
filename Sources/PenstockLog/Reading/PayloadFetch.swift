internal import PenstockEvents

/// Reads payloads, or parts of them, wherever they are in a partition. Confined to the reader's actor.
struct PayloadFetch {
    let selection: PayloadSelection
    let partition: TopicPartition
    let cursor: SegmentCursor

    /// The selected parts of the payloads of `offsets`, all of which are in the batch of `header`, the one that is next at the cursor.
    func payloads(of offsets: ArraySlice<UInt64>, in header: BatchHeader) throws(CursorFailure) -> [Payload] {
        var cursor = cursor
        if header.flags.contains(.control) {
            return try offsets.map { offset throws(CursorFailure) in try taken(.empty, offset) }
        }
        let prefix = try cursor.batch(header, parts: .attributes)
        let blocks = try failing { () throws(BatchDefect) in
            try PayloadBlocks(header, prefix: prefix.slab, at: prefix.body.lowerBound)
        }
        guard blocks.haveChecksums else {
            let batch = try cursor.batch(header)
            let records = try failing { () throws(BatchDefect) in
                try RecordBatch(header, slab: batch.slab, at: batch.body.lowerBound, from: header.baseOffset)
            }
            return try offsets.map { offset throws(CursorFailure) in
                try taken(records.payload(at: Int(offset - header.baseOffset)), offset)
            }
        }
        return try payloads(
            of: offsets, in: header, blocks,
            sectionStart: cursor.position + BatchHeader.byteCount + Int(header.prefixStoredBytes))
    }

    private func payloads(
        of offsets: ArraySlice<UInt64>, in header: BatchHeader, _ blocks: PayloadBlocks, sectionStart: Int
    ) throws(CursorFailure) -> [Payload] {
        let runs = try offsets.map { offset throws(CursorFailure) in
            let place = blocks.range(of: Int(offset - header.baseOffset))
            return try self.runs(in: place.count, offset)
                .map { place.lowerBound + $0.lowerBound..<place.lowerBound + $0.upperBound }
        }
        var read: [(range: Range<Int>, bytes: SegmentWindow.Bytes)] = []
        for range in blocks.blocks(holding: runs.flatMap { $0 }) {
            let bytes = try bytes(range.count, at: sectionStart + range.lowerBound)
            try failing { () throws(BatchDefect) in
                guard bytes.count >= range.count else {
                    throw .truncated(needed: range.count, available: bytes.count)
                }
                try blocks.verify(bytes.prefix(range.count), at: range.lowerBound)
            }
            read.append((range, bytes))
        }
        return zip(offsets, runs).map { offset, runs in
            var payload = joined(runs.map { view($0, of: read) })
            payload.codec = blocks.codec(of: Int(offset - header.baseOffset))
            return payload
        }
    }

    private func bytes(_ count: Int, at position: Int) throws(CursorFailure) -> SegmentWindow.Bytes {
        var window = SegmentWindow(cursor.segment.file.file, maps: cursor.maps, announces: false)
        do {
            return try window.bytes(count, wanted: count, at: position)
        } catch {
            throw .log(LogError(error, partition: partition))
        }
    }

    private func view(_ run: Range<Int>, of read: [(range: Range<Int>, bytes: SegmentWindow.Bytes)]) -> Payload {
        if run.isEmpty { return .empty }
        guard let (range, bytes) = read.last(where: { $0.range.lowerBound <= run.lowerBound }) else {
            preconditionFailure("the blocks of a run were read")
        }
        let start = bytes.start + run.lowerBound - range.lowerBound
        return Payload(bytes.slab, range: start..<start + run.count)
    }

    private func taken(_ payload: Payload, _ offset: UInt64) throws(CursorFailure) -> Payload {
        let runs = try runs(in: payload.count, offset)
        var taken = joined(runs.map { $0.isEmpty ? .empty : payload[$0] })
        taken.codec = payload.codec
        return taken
    }

    private func runs(in byteCount: Int, _ offset: UInt64) throws(CursorFailure) -> [Range<Int>] {
        if let runs = selection.runs(in: byteCount) { return runs }
        throw .log(
            LogError(
                .rangeOutsidePayload,
                "\(partition): the payload of offset \(offset) has \(byteCount) bytes, \(selection) reaches outside",
                hint: "ask for bytes inside of 0..<\(byteCount); the length is in the record's batch",
                place: .init(partition: partition, offsets: offset..<offset + 1)))
    }

    // One run is a view; several are copied together.
    private func joined(_ pieces: [Payload]) -> Payload {
        if pieces.count == 1 { return pieces[0] }
        return Payload(byteCount: pieces.reduce(0) { $0 + $1.count }) { target in
            var end = 0
            for piece in pieces {
                piece.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: target[end...]).copyMemory(from: $0) }
                end += piece.count
            }
        }
    }

    private func failing<Result>(_ body: () throws(BatchDefect) -> Result) throws(CursorFailure) -> Result {
        do { return try body() } catch { throw .defect(error) }
    }
}
