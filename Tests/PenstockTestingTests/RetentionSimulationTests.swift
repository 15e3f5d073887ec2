import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

/// A numbered event with a payload, so that few of them fill a segment.
private struct Page: Event {
    static let schema = Schema("Page", fields: [.init("number", .u64)], payload: .init("text", .bytes))
    private static let text = [UInt8](repeating: 7, count: 2000)

    let number: Int

    init(number: Int) { self.number = number }

    func write(to record: inout RecordWriter) {
        record.append(UInt64(number))
        record.setPayload(Self.text.withUnsafeBytes { Payload(copying: $0) })
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        number = Int(try record.readInteger(UInt64.self))
    }
}

/// A partition on a simulated disk whose retention has several segments to remove at once.
private struct RetentionRun {
    static let partition = TopicPartition("numbers")
    static let directory = "/log/numbers/0"
    static let retainedBytes = 150 << 10
    static let count = 280

    var storage: SimulatedStorage
    /// The bases of the segments before retention, with their sizes: the model knows by them what has to stay.
    let segments: [(base: UInt64, byteCount: Int)]

    init(seed: UInt64) async throws {
        storage = SimulatedStorage(seed: seed)
        let log = try await EmbeddedLog(directory: "/log", storage: storage)
        _ = try await log.openTopic(
            "numbers", schema: Page.schema,
            creatingWith: TopicConfiguration(durability: .durable, segmentBytes: 64 << 10))
        try storage.syncDirectory("/")
        let writer = try await log.writer(for: Self.partition)
        for start in stride(from: 0, to: Self.count, by: 10) {
            var batch = RecordBatchBuilder(schemaID: Page.schema.id)
            for number in start..<start + 10 {
                batch.append(Page(number: number), time: Timestamp(nanoseconds: Int64(number)))
            }
            try await writer.append(batch)
        }
        try await writer.close()
        let disk = storage
        segments = try storage.list(Self.directory).filter { $0.hasSuffix(".segment") }
            .map { name in
                (UInt64(name.prefix(20)) ?? 0, disk.contents(of: Self.directory + "/" + name)?.count ?? 0)
            }
        _ = try await log.alterTopic("numbers", TopicChange(retention: Retention(bytes: Self.retainedBytes)))
        storage = storage.incarnation()
    }

    /// The highest offset at which the partition may begin: without the segment before it too little would stay.
    var latestStart: UInt64 {
        var bytes = segments.reduce(0) { $0 + $1.byteCount }
        var start: UInt64 = 0
        for (segment, next) in zip(segments, segments.dropFirst()) {
            bytes -= segment.byteCount
            guard bytes >= Self.retainedBytes else { break }
            start = next.base
        }
        return start
    }

    /// Becomes the owner, at which retention is applied, and leaves.
    func open() async throws {
        let log = try await EmbeddedLog(directory: "/log", creating: false, storage: storage)
        try await log.writer(for: Self.partition).close()
    }

    /// Compares what the disk holds with the model; returns the first offset.
    func check(_ what: String) async throws -> UInt64 {
        let log = try await EmbeddedLog(directory: "/log", creating: false, storage: storage)
        let held = try await log.describe("numbers").partitions[0]
        #expect(held.nextOffset == UInt64(Self.count), "\(what): the end is where it was")
        #expect(
            held.firstOffset <= latestStart, "\(what): offset \(latestStart) has to stay, \(held.firstOffset) is first")
        do {
            let reader = try await log.reader(for: Self.partition, from: .earliest)
            var found: [Int] = []
            while let entry = try await reader.next() {
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count { found.append(try batch.event(Page.self, at: index).number) }
            }
            #expect(
                found == Array(Int(held.firstOffset)..<Self.count),
                "\(what): all from \(held.firstOffset) on, each once, in order; \(found.count) came")
        } catch {
            Issue.record("\(what): \(error)")
        }
        let report = try await log.verify(topic: "numbers")
        #expect(report.isIntact, "\(what): \(report.findings)")
        return held.firstOffset
    }
}

@Suite("Retention on a simulated disk")
struct RetentionSimulationTests {
    /// The second owner applies retention again, and dies as well, one call earlier.
    @Test(
        "a crash at any call of retention leaves all offsets from the first one on, and everything that has to stay",
        arguments: Crash.allCases)
    func everyCall(kind: Crash) async throws {
        for seed in UInt64(1)...3 {
            var call = 1
            var isDead = true
            while isDead {
                var run = try await RetentionRun(seed: seed * 1000 + UInt64(call))
                try #require(run.segments.count > 6 && run.latestStart > run.segments[3].base)
                let what = "seed \(seed), \(kind) crash at call \(call)"
                run.storage.crash(kind, atCall: call)
                do { try await run.open() } catch {
                    guard run.storage.isDead else { throw error }
                }
                isDead = run.storage.isDead
                run.storage.crash(kind)
                run.storage = run.storage.incarnation()
                let first = try await run.check(what)
                run.storage.crash(kind, atCall: max(1, call - 1))
                do { try await run.open() } catch {
                    guard run.storage.isDead else { throw error }
                }
                run.storage.crash(kind)
                run.storage = run.storage.incarnation()
                let second = try await run.check(what + ", and one in the next owner")
                #expect(second >= first, "\(what): what was given up stays so")
                run.storage = run.storage.incarnation()
                try await run.open()
                #expect(try await run.check(what + ", then retention to its end") == run.latestStart)
                call += 1
            }
            #expect(call > 12, "the crashes went through all of retention")
        }
    }

    @Test("bits that are wrong on the way from the disk only do not make the first offset damaged")
    func flippedReads() async throws {
        var limits = LogLimits()
        limits.readAttempts = 24
        for seed in UInt64(1)...20 {
            let run = try await RetentionRun(seed: seed)
            try await run.open()
            let log = try await EmbeddedLog(
                directory: "/log", creating: false, storage: run.storage, limits: limits)
            run.storage.faults.readFlips = 0.4
            let reader = try await log.reader(for: RetentionRun.partition, from: .earliest)
            #expect(await reader.position == run.latestStart, "seed \(seed)")
            run.storage.faults.readFlips = 0
            await reader.close()
        }
    }
}
