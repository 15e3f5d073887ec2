internal import PenstockEvents

/// Reads payloads by their records' offsets, beside the reading position.
extension PartitionFetcher {
    /// What `selection` takes of the payloads of `offsets`; the reading position stays.
    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) throws(LogError) -> [Payload] {
        if let failure, failure.code == .closed { throw failure }
        var payloads: [Payload] = []
        payloads.reserveCapacity(offsets.count)
        while payloads.count < offsets.count {
            let offset = offsets[payloads.count]
            if offset >= finder.committed.nextOffset { try finder.refresh() }
            guard finder.held.contains(offset) else { throw outOfRange(offset) }
            do throws(LogError) {
                payloads += try payloadsOfOneBatch(offsets[payloads.count...], selection)
            } catch {
                // The records may have been given up meanwhile.
                if try finder.list(), !finder.held.contains(offset) { throw outOfRange(offset) }
                throw error
            }
        }
        return payloads
    }

    // Of those at the beginning of `offsets` that are in one batch.
    private func payloadsOfOneBatch(
        _ offsets: ArraySlice<UInt64>, _ selection: PayloadSelection
    ) throws(LogError) -> [Payload] {
        let offset = offsets[offsets.startIndex]
        var cursor = try finder.cursor(holding: offset)
        do throws(CursorFailure) {
            let header = cursor.isAtCompactedEnd ? nil : try cursor.header()
            guard let header, header.baseOffset <= offset else { throw .log(compactedAway(offset)) }
            let together = offsets.prefix { $0 >= header.baseOffset && $0 < header.nextOffset }
            let fetch = PayloadFetch(selection: selection, partition: partition, cursor: cursor)
            return try fetch.payloads(of: together, in: header)
        } catch {
            throw failed(error, cursor)
        }
    }

    private func compactedAway(_ offset: UInt64) -> LogError {
        LogError(
            .offsetOutOfRange, "\(partition) holds no record of offset \(offset) any more: it was compacted away",
            hint: "a later record of the same key took its place",
            place: .init(partition: partition, offsets: offset..<offset + 1))
    }
}
