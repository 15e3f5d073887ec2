internal import PenstockEvents

extension ProducerState {
    /// - Throws: what stopped the producer, or that it was closed.
    func check() throws(LogError) {
        if let stopped { throw stopped }
        guard !isClosing else {
            throw LogError(.closed, "the producer of \(lanes[0].partition.topic) is closed", hint: "open another one")
        }
    }

    /// Begins a batch of a lane that is due at a moment, or at once for nil.
    mutating func open(_ number: Int, _ due: Int64?, _ work: inout Work?) -> ProducerBatch {
        let lane = lanes[number]
        let batch = lane.begin()
        if let due {
            lingering.append((number, batch, due))
            if !isTimerRunning {
                isTimerRunning = true
                work = work ?? Work()
                work?.startsTimer = true
            }
        } else {
            lane.isDue = true
            work = started(number, work)
        }
        return batch
    }

    /// Starts the work on a lane where there is some and nobody does it.
    mutating func started(_ number: Int, _ work: Work? = nil) -> Work? {
        guard !lanes[number].isPumping else { return work }
        var work = work ?? Work()
        start(number, &work)
        return work
    }
}

extension ProducerLane {
    /// Adds a record to the open batch; what it counts for in bytes.
    func append(_ time: Timestamp, _ keyHash: UInt64?, _ encode: (inout RecordWriter) -> Void) -> Int {
        let start = records.attributes.count
        encode(&records)
        precondition(records.attributeEnds.count == times.count + 1, "exactly one record is written at a time")
        times.append(time.nanoseconds)
        if let keyHash { keyHashes.append(keyHash) }
        let payloadBytes = records.payloads[times.count - 1].count
        let bytes = records.attributes.count - start + payloadBytes
        openBytes += bytes
        return bytes + RecordProducer.recordOverhead
    }
}
