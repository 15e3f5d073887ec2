internal import PenstockFabric
internal import Synchronization

/// What is sent between two ends to measure them.
struct TransportLoad {
    /// How fast payloads came, and what both ends have worked for them.
    struct Pulled {
        let bytesPerSecond: Double
        let cpuSecondsPerGigabyte: Double
    }

    /// Round trips in microseconds.
    struct RoundTrips {
        let median: Double
        /// 99 of 100 are faster.
        let slowest: Double
    }

    private let pair: TransportPair

    init(_ pair: TransportPair) { self.pair = pair }

    /// Has payloads pulled, at most `window` at a time. Every byte of each is there at the end, or it fails.
    func pull(_ count: Int, of byteCount: Int, window: Int) async throws -> Pulled {
        let sources = try pair.client.makePool(slabBytes: byteCount, slabs: window)
        let targets = try pair.server.makePool(slabBytes: byteCount, slabs: window)
        let remaining = Mutex(count)
        let (begin, cpu) = (ContinuousClock.now, ProcessorTime.processNanoseconds)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            pair.serverHandler.react { message, _ in
                guard let payload = message.payload else { return }
                targets.whenFree { slab in
                    let target = slab[0..<byteCount]
                    payload.pull(into: target) { error in
                        if let error { return continuation.resume(throwing: error) }
                        let left = remaining.withLock { left in
                            left -= 1
                            return left
                        }
                        guard target.bytes[byteCount - 1] == message.bytes[0] else {
                            preconditionFailure("a payload has not come as a whole")
                        }
                        if left == 0 { continuation.resume() }
                    }
                }
            }
            Task {
                for number in 0..<count {
                    let slab = await withCheckedContinuation { taken in sources.whenFree { taken.resume(returning: $0) }
                    }
                    let source = slab[0..<byteCount]
                    source.bytes[byteCount - 1] = UInt8(truncatingIfNeeded: number)
                    pair.connection.send([UInt8(truncatingIfNeeded: number)], source) { _ in
                        withExtendedLifetime(source) {}
                    }
                }
            }
        }
        let elapsed = (ContinuousClock.now - begin) / .seconds(1)
        let worked = ProcessorTime.processNanoseconds - cpu
        let bytes = Double(count) * Double(byteCount)
        return Pulled(bytesPerSecond: bytes / elapsed, cpuSecondsPerGigabyte: worked / bytes)
    }

    /// Sends a message of 64 bytes there and back, one after the other.
    func roundTrips(_ count: Int) async -> RoundTrips {
        pair.serverHandler.react { message, connection in connection.send(message.bytes) }
        let begin = Mutex(ContinuousClock.now)
        let times = Mutex<[Double]>([])
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
        let sorted = times.withLock { $0 }.sorted()
        return RoundTrips(median: sorted[count / 2], slowest: sorted[count * 99 / 100])
    }
}
