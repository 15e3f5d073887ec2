internal import PenstockEvents

/// A batch as its writer holds it: the header, and the slab in which header and body lie. Its writer has verified what it wrote
/// there, and nobody writes to it any more.
struct TailBatch: Sendable {
    let header: BatchHeader
    let slab: Payload.Storage
}

/// The newest batches of a partition, without a gap between them, bounded in bytes of memory.
struct TailRing {
    private var batches: [TailBatch?] = []
    /// Those before it were given up and are nil.
    private var first = 0
    private var bytes = 0

    mutating func append(_ newBatches: [TailBatch], byteLimit: Int) {
        for batch in newBatches {
            batches.append(batch)
            bytes += batch.slab.bytes.count
        }
        while bytes > byteLimit, first < batches.count {
            bytes -= batches[first]?.slab.bytes.count ?? 0
            batches[first] = nil
            first += 1
        }
        if first > batches.count / 2 {
            batches.removeFirst(first)
            first = 0
        }
    }

    /// The batches from the one that holds `offset` on, at least one if there is that one, else no more than fit into the limit.
    func batches(from offset: UInt64, byteLimit: Int) -> [TailBatch] {
        guard let oldest = batch(first), oldest.header.baseOffset <= offset else { return [] }
        var low = first
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if let batch = batch(middle), batch.header.nextOffset <= offset { low = middle + 1 } else { high = middle }
        }
        var found: [TailBatch] = []
        var bytes = 0
        while let batch = batch(low + found.count) {
            bytes += batch.header.paddedByteCount
            if !found.isEmpty, bytes > byteLimit { break }
            found.append(batch)
        }
        return found
    }

    private func batch(_ index: Int) -> TailBatch? { index < batches.count ? batches[index] : nil }
}
