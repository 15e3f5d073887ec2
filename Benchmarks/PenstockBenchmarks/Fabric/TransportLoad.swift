internal import PenstockEvents
internal import PenstockFabric

/// Messages of 64 bytes that went there and back one by one, in microseconds.
struct RoundTrips {
    let median: Double
    /// 99 of 100 are faster.
    let slowest: Double
    /// What both ends have worked for one.
    let cpu: Double
}

/// What is sent between two ends to measure them.
struct TransportLoad {
    /// How fast payloads came, and what both ends have worked for them.
    struct Pulled {
        let bytesPerSecond: Double
        let cpuSecondsPerGigabyte: Double
    }

    private let pair: TransportPair

    init(_ pair: TransportPair) { self.pair = pair }

    /// Has payloads pulled, at most `window` at a time. Every byte of each is there at the end, or it fails.
    /// - Parameter checked: Whether the sender takes the CRC-32C of each, and the receiver compares it with that of what has come.
    func pull(_ count: Int, of byteCount: Int, window: Int, checked: Bool = false) async throws -> Pulled {
        let sources = try pair.client.makePool(slabBytes: byteCount, slabs: window)
        let targets = try pair.server.makePool(slabBytes: byteCount, slabs: window)
        // Memory that is touched for the first time is not what is measured.
        for pool in [sources, targets] { pool.arena.initializeMemory(as: UInt8.self, repeating: 7) }
        let (begin, cpu) = (ContinuousClock.now, ProcessorTime.processNanoseconds)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            receive(count, of: byteCount, into: targets) { continuation.resume(with: $0) }
            let sender = PayloadSender(
                connection: pair.connection, count: count, byteCount: byteCount, checked: checked)
            for _ in 0..<min(window, count) { sources.take().map(sender.sendNext) }
        }
        let elapsed = (ContinuousClock.now - begin) / .seconds(1)
        let worked = ProcessorTime.processNanoseconds - cpu
        let bytes = Double(count) * Double(byteCount)
        return Pulled(bytesPerSecond: bytes / elapsed, cpuSecondsPerGigabyte: worked / bytes)
    }

    private func receive(
        _ count: Int, of byteCount: Int, into targets: SlabPool,
        _ done: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        let remaining = Guarded(count)
        pair.serverHandler.react { message, _ in
            guard let payload = message.payload else { return }
            targets.whenFree { slab in
                let target = slab[0..<byteCount]
                payload.pull(into: target) { error in
                    if let error { return done(.failure(error)) }
                    precondition(PayloadMark(message.bytes)?.fits(target) == true, "a payload has not come as a whole")
                    let left = remaining.withLock { left in
                        left -= 1
                        return left
                    }
                    if left == 0 { done(.success(())) }
                }
            }
        }
    }

    /// Sends a message of 64 bytes there and back, one after the other.
    func roundTrips(_ count: Int) async -> RoundTrips {
        pair.serverHandler.react { message, connection in connection.send(message.bytes) }
        let begin = Guarded(ContinuousClock.now)
        let times = Guarded<[Double]>([])
        let cpu = ProcessorTime.processNanoseconds
        await withCheckedContinuation { continuation in
            pair.clientHandler.react { message, connection in
                let now = ContinuousClock.now
                let trips = times.withLock { times in
                    times.append((now - begin.withLock { $0 }) / .microseconds(1))
                    return times.count
                }
                guard trips < count else { return continuation.resume() }
                begin.withLock { $0 = ContinuousClock.now }
                connection.send(message.bytes)
            }
            begin.withLock { $0 = ContinuousClock.now }
            pair.connection.send([UInt8](repeating: 1, count: 64))
        }
        let worked = ProcessorTime.processNanoseconds - cpu
        let sorted = times.withLock { $0 }.sorted()
        return RoundTrips(
            median: sorted[count / 2], slowest: sorted[count * 99 / 100], cpu: worked / Double(count) * 1e-3)
    }
}

/// Sends payloads, each from a slab that the peer has given back.
private final class PayloadSender: Sendable {
    private let connection: any Connection
    private let count: Int
    private let byteCount: Int
    private let checked: Bool
    private let sent = Guarded(0)

    init(connection: any Connection, count: Int, byteCount: Int, checked: Bool) {
        self.connection = connection
        self.count = count
        self.byteCount = byteCount
        self.checked = checked
    }

    /// Sends the next payload from `slab`, and the one after it when the slab is free again.
    func sendNext(_ slab: Slab) {
        let number = sent.withLock { sent in
            defer { sent += 1 }
            return sent
        }
        guard number < count else { return }
        let part = slab[0..<byteCount]
        part.bytes[byteCount - 1] = UInt8(truncatingIfNeeded: number)
        connection.send(PayloadMark(of: part, checked: checked).bytes, part) { [self] error in
            if error == nil { sendNext(slab) }
        }
    }
}

/// What a message says of its payload: the last byte, and the CRC-32C where it is checked.
private struct PayloadMark {
    private let last: UInt8
    private let checksum: UInt32?

    init(of part: SlabRange, checked: Bool) {
        last = part.bytes[part.bytes.count - 1]
        checksum = checked ? CRC32C.checksum(UnsafeRawBufferPointer(part.bytes)) : nil
    }

    /// Nil where it is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 1 || bytes.count == 5 else { return nil }
        last = bytes[0]
        checksum = bytes.count == 5 ? bytes[1...].reduce(0) { $0 << 8 | UInt32($1) } : nil
    }

    var bytes: [UInt8] {
        [last]
            + (checksum.map { checksum in (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) } } ?? [])
    }

    func fits(_ part: SlabRange) -> Bool {
        part.bytes[part.bytes.count - 1] == last
            && (checksum.map { $0 == CRC32C.checksum(UnsafeRawBufferPointer(part.bytes)) } ?? true)
    }
}
