import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

private let partition = TopicPartition("numbers")

/// A log on a simulated disk with a writer of the class `durability`.
private func open(_ storage: SimulatedStorage, _ durability: Durability) async throws -> any TopicWriter {
    let log = try await EmbeddedLog(directory: "/log", storage: storage)
    _ = try await log.openTopic(
        "numbers", schema: Number.schema, creatingWith: TopicConfiguration(durability: durability))
    try storage.syncDirectory("/")
    return try await log.writer(for: partition)
}

/// What the next process on the disk reads, before the end or the first error.
private func contents(_ storage: SimulatedStorage) async throws -> (rows: [Int], error: LogError?) {
    let log = try await EmbeddedLog(directory: "/log", creating: false, storage: storage.incarnation())
    let reader = try await log.reader(for: partition, from: .earliest)
    var rows: [Int] = []
    do throws(LogError) {
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count {
                guard let number = try? records.event(Number.self, at: index) else { continue }
                rows.append(Int(number.value))
            }
        }
        return (rows, nil)
    } catch {
        return (rows, error)
    }
}

@Suite("The power fails right behind an acknowledgement")
struct PowerLossTests {
    private static let seeds = UInt64(1)...25

    @Test("L24: what the class durable acknowledged is there after every loss of power")
    func durable() async throws {
        for seed in Self.seeds {
            let storage = SimulatedStorage(seed: seed)
            let writer = try await open(storage, .durable)
            var acknowledged = 0
            for _ in 0...seed % 7 {
                try await writer.append(numbers(acknowledged..<acknowledged + 20))
                acknowledged += 20
            }
            storage.crash(.power)
            let (kept, error) = try await contents(storage)
            #expect(kept == Array(0..<acknowledged) && error == nil, "seed \(seed)")
        }
    }

    /// Shows that the loss of power above can take something: of a weaker class it does.
    @Test(
        "L24: what the class pageCache acknowledged is lost in some losses of power; what comes is intact, and the rest is named"
    )
    func pageCache() async throws {
        var losses = 0
        for seed in Self.seeds {
            let storage = SimulatedStorage(seed: seed)
            let writer = try await open(storage, .pageCache)
            for start in [0, 20, 40] { try await writer.append(numbers(start..<start + 20)) }
            storage.crash(.power)
            let (kept, error) = try await contents(storage)
            #expect(kept == Array(0..<kept.count), "seed \(seed)")
            // The head may have survived what it speaks of: then the loss is told.
            if let error { #expect(error.code == .damaged && error.place.offsets?.lowerBound == UInt64(kept.count)) }
            if kept.count < 60 { losses += 1 }
        }
        #expect(losses > 0)
    }

    @Test("L24: while the sync stands still, nothing is acknowledged")
    func heldSync() async throws {
        let storage = SimulatedStorage(seed: 1)
        let writer = try await open(storage, .durable)
        try await writer.append(numbers(0..<1))
        let held = storage.hold("sync", on: ".segment")
        let pending = try await writer.submit(numbers(1..<2))
        // The power fails while the device still works: the append must fail, whatever was written.
        storage.crash(.power)
        held.release()
        await #expect(throws: LogError.self) { try await pending.acknowledgement() }
        let kept = try await contents(storage).rows
        #expect(kept == [0] || kept == [0, 1])
    }
}
