internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// What a broker answers to readers.
extension BrokerSession {
    func read(_ request: Request, _ number: UInt64) async throws(LogError) {
        switch request {
        case .openReader(let reader, let partition, let position, let parts):
            try broker.cluster?.check(partition)
            let opened = try await SessionReader(broker.log, partition, position, parts)
            let isKept = state.withLock { state in
                guard state.ending == nil, state.readers[reader] == nil,
                    state.readers.count < broker.limits.objectsPerClient
                else { return false }
                state.readers[reader] = opened
                return true
            }
            guard isKept else {
                await opened.close()
                throw tooMany("readers")
            }
            broker.hasOpened(partition)
            let start = await opened.position
            answer(number) { $0.put(start) }
        case .fetch(let fetch):
            let limit = min(Int(fetch.byteLimit), broker.limits.fetchBytes)
            let (batches, position) = try await reader(fetch.reader)
                .batches(from: fetch.offset, limit, waits: fetch.waits)
            try answer(number, batches, position)
        case .nextControl(let reader, let offset):
            let (found, position) = try await self.reader(reader).control(from: offset)
            answer(number) { message in
                message.put(position)
                message.put(found?.offset)
                message.put(found?.record.encoded() ?? [])
            }
        case .skipDamage(let reader, let offset):
            let skipped = try await self.reader(reader).skipDamage(at: offset)
            answer(number) { $0.put(skipped) }
        case .payloads(let reader, let offsets, let selection):
            try check(selection)
            let some = Array(offsets.prefix(Self.payloadsAtOnce))
            try await answer(number, try self.reader(reader).payloads(of: some, selection))
        case .closeReader(let reader):
            await state.withLock { $0.readers.removeValue(forKey: reader) }?.close()
            answer(number) { _ in }
        default: preconditionFailure("\(request) is none of a reader's")
        }
    }

    /// The most payloads in one answer: their lengths stand in the message beside them.
    private static let payloadsAtOnce = 512

    // What cannot be sent is not put together.
    private func check(_ selection: PayloadSelection) throws(LogError) {
        guard case .list(let ranges) = selection else { return }
        var byteCount = 0
        for range in ranges where range.lowerBound >= 0 {
            let (sum, overflow) = byteCount.addingReportingOverflow(range.upperBound - range.lowerBound)
            byteCount = overflow ? .max : sum
        }
        guard byteCount <= wire.limits.payloadBytes else { throw tooLarge(byteCount) }
    }

    private func reader(_ number: UInt32) throws(LogError) -> SessionReader {
        guard let reader = state.withLock({ $0.readers[number] }) else {
            throw broker.gone("the reader \(number) of \(wire.connection.peer) is closed")
        }
        return reader
    }

    /// Answers with stored batches, one behind the other in one slab, each from a multiple of 64 bytes on.
    private func answer(_ number: UInt64, _ batches: [PortableBatch], _ position: UInt64) throws(LogError) {
        let starts = batches.reduce(into: [0]) { starts, batch in
            starts.append(BatchPlaces.next(behind: starts[starts.count - 1], bodyByteCount: batch.body.count))
        }
        guard let byteCount = starts.last, byteCount > 0 else {
            return answer(number) { message in
                message.put(position)
                message.put(UInt32(0))
            }
        }
        let slab = try slab(byteCount)
        for (batch, start) in zip(batches, starts) {
            let target = UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start...])
            target.copyBytes(from: batch.headerBytes)
            UnsafeMutableRawBufferPointer(rebasing: target[PortableBatch.headerByteCount...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: batch.slab.bytes[batch.body]))
        }
        answer(number, payload: slab[0..<byteCount]) { message in
            message.put(position)
            message.put(UInt32(batches.count))
        }
    }

    /// Answers with as many payloads as fit beside one message, one behind the other.
    private func answer(_ number: UInt64, _ payloads: [Payload]) throws(LogError) {
        var byteCount = 0
        var count = 0
        for payload in payloads {
            guard count == 0 || byteCount + payload.count <= wire.limits.payloadBytes else { break }
            byteCount += payload.count
            count += 1
        }
        let slab = byteCount > 0 ? try slab(byteCount) : nil
        var end = 0
        for payload in payloads[..<count] where payload.count > 0 {
            payload.withUnsafeBytes { bytes in
                if let slab { UnsafeMutableRawBufferPointer(rebasing: slab.bytes[end...]).copyMemory(from: bytes) }
            }
            end += payload.count
        }
        answer(number, payload: slab?[0..<byteCount]) { message in
            message.put(payloads[..<count].map { UInt64($0.count) })
            message.put(payloads[..<count].map(\.codec.rawValue))
        }
    }

    private func slab(_ byteCount: Int) throws(LogError) -> Slab {
        guard byteCount <= wire.limits.payloadBytes else { throw tooLarge(byteCount) }
        do throws(FabricError) { return try wire.depot.take(byteCount) } catch { throw LogError(error) }
    }
}

extension BrokerSession {
    private func tooLarge(_ byteCount: Int) -> LogError {
        LogError(
            .invalidBatch,
            "\(byteCount) bytes at once cannot be sent: the limit of the connection is \(wire.limits.payloadBytes)",
            hint: "raise payloadBytes of the transport's limits on both sides")
    }
}

/// Where batches stand in the answer to a fetch.
enum BatchPlaces {
    /// Where the batch behind one that begins at `start` begins.
    static func next(behind start: Int, bodyByteCount: Int) -> Int {
        (start + PortableBatch.headerByteCount + bodyByteCount + 63) & ~63
    }
}

extension LogError {
    /// What the failure of a connection means for who uses the log.
    init(_ error: FabricError) {
        switch error.code {
        case .notTrusted, .invalidIdentity: self.init(.notAllowed, error.summary, hint: error.hint)
        case .timedOut: self.init(.timedOut, error.summary, hint: error.hint)
        case .tooLarge: self.init(.invalidBatch, error.summary, hint: error.hint)
        case .invalidAddress: self.init(.invalidConfiguration, error.summary, hint: error.hint)
        case .addressInUse, .refused, .peerGone, .protocolViolation, .queueFull, .outOfMemory, .unavailable, .closed:
            self.init(.unreachable, error.summary, hint: error.hint)
        }
    }
}
