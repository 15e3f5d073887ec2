import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Every limit of a log changes something that can be seen. The names come from the type itself: one without a row fails.
@Suite("Limits have effects")
struct LimitOptionTests {
    /// What shows the effect of a limit: throws, or records an issue, where there is none.
    private static func effect(of name: String) async throws {
        switch name {
        case "batchBytes":
            #expect(try await refusal(of: 200) { $0.batchBytes = 4000 } == .invalidBatch)
        case "recordBytes":
            #expect(try await refusal(of: 1) { $0.recordBytes = 23 } == .invalidBatch)
        case "producersPerPartition":
            try await withWriter {
                $0.producersPerPartition = 1
            } body: { _, writer in
                _ = try await writer.producer(named: "one")
                let error = try await #require(throws: LogError.self) { try await writer.producer(named: "two") }
                #expect(error.code == .tooManyProducers)
            }
        case "waitingReadersPerPartition":
            try await withWriter {
                $0.waitingReadersPerPartition = 0
            } body: { log, _ in
                let reader = try await log.reader(for: readings, from: .end)
                let error = try await #require(throws: LogError.self) { try await reader.waitForMore() }
                #expect(error.code == .tooManyWaiters)
            }
        case "pendingBytesPerWriter":
            #expect(try await writes { $0.pendingBytesPerWriter = 1 } > writes { _ in })
        case "groupBytes":
            #expect(try await writes { $0.groupBytes = 1 } > writes { _ in })
        case "tailBytesPerPartition":
            #expect(try await bytesRead(live: true) { $0.tailBytesPerPartition = 0 } > bytesRead(live: true) { _ in })
        case "readWindowBytes":
            #expect(try await reads { $0.readWindowBytes = 4096 } > reads { _ in })
        case "fetchBytes":
            func first(_ bytes: Int) async throws -> Int {
                try await bytesRead(entries: 1) {
                    $0.readWindowBytes = 4096
                    $0.fetchBytes = bytes
                }
            }
            #expect(try await first(1) < first(1 << 20))
        case "readAttempts":
            #expect(
                try await reads(damaged: true) { $0.readAttempts = 9 } > reads(damaged: true) { $0.readAttempts = 1 })
        case "writerThreads":
            #expect(try await threads("writer") { $0.writerThreads = 3 } == 3)
        case "readerThreads":
            #expect(try await threads("reader") { $0.readerThreads = 3 } == 3)
        case "recoveryReports":
            let scratch = Scratch()
            var limits = LogLimits()
            limits.recoveryReports = 1
            let log = try await EmbeddedLog(directory: scratch.path("log"), limits: limits)
            _ = try await log.createTopic("readings", schema: Reading.schema, configuration: .init(partitions: 3))
            for number in 0..<3 {
                let writer = try await log.writer(for: TopicPartition("readings", number))
                try await writer.append(batch(0..<50))
                try await writer.close()
                let file = try #require(try scratch.segments(TopicPartition("readings", number)).first)
                try cut(file, to: byteCount(file) - 100)
                try await log.recover(TopicPartition("readings", number))
            }
            #expect(log.recoveryReports.map(\.partition.partition) == [2])
        case "foreignWriterPollInterval":
            try await polls(with: { UnwatchedStorage() }) { $0.foreignWriterPollInterval = $1 }
        case "watchedPollInterval":
            try await polls(with: { UnwatchedStorage(isWatched: true) }) { $0.watchedPollInterval = $1 }
        // Whose effects tests of their own show, in OptionTests.
        case "compactionKeyBytes", "maintenanceFailures": break
        case "groups":
            let scratch = Scratch()
            let log = try await EmbeddedLog.withReadings(
                scratch, limits: limits { $0.groups.membersPerGroup = 1 })
            let member = try await log.join("g", as: GroupMember(topics: ["readings"]))
            await #expect(throws: LogError.self) { _ = try await log.join("g", as: GroupMember(topics: ["readings"])) }
            try await member.leave()
        default: Issue.record("no row shows what \(name) does")
        }
    }

    @Test(
        "L17: every limit of a log has an observable effect",
        arguments: Mirror(reflecting: LogLimits()).children.compactMap(\.label))
    func limit(name: String) async throws { try await Self.effect(of: name) }
}

private func limits(_ change: (inout LogLimits) -> Void) -> LogLimits {
    var limits = LogLimits()
    change(&limits)
    return limits
}

private func withWriter(
    _ change: (inout LogLimits) -> Void, body: (EmbeddedLog, any TopicWriter) async throws -> Void
) async throws {
    let scratch = Scratch()
    let log = try await EmbeddedLog.withReadings(scratch, limits: limits(change))
    let writer = try await log.writer(for: readings)
    try await body(log, writer)
    try await writer.close()
}

/// Why a batch of so many readings is refused.
private func refusal(of count: Int, _ change: (inout LogLimits) -> Void) async throws -> LogError.Code? {
    var code: LogError.Code?
    try await withWriter(change) { _, writer in
        do throws(LogError) { try await writer.append(batch(0..<count)) } catch { code = error.code }
    }
    return code
}

/// Writes that twenty batches take which are handed over while the first one's sync stands still.
private func writes(_ change: (inout LogLimits) -> Void) async throws -> Int {
    let scratch = Scratch()
    let storage = RecordingStorage()
    let log = try await EmbeddedLog.withReadings(
        scratch, durability: .durable, storage: storage, limits: limits(change))
    let writer = try await log.writer(for: readings)
    try await writer.append(batch(0..<1))
    let before = storage.calls.count
    let gate = DispatchSemaphore(value: 0)
    storage.onSync { gate.wait() }
    let submitting = Task {
        var pending: [PendingAppend] = []
        for number in 1...20 { pending.append(try await writer.submit(batch(number..<number + 1))) }
        return pending
    }
    // With the first sync let go, the others may follow: the limit, not the moment, says how many there are.
    if limits(change).pendingBytesPerWriter > 1 { _ = try await submitting.value }
    for _ in 0..<100 { gate.signal() }
    for pending in try await submitting.value { _ = try await pending.acknowledgement() }
    storage.onSync(nil)
    let writes = storage.calls.dropFirst(before).count { $0 == "write segment" }
    try await writer.close()
    return writes
}

/// Ranges of the segment that are read where a reader of another log object, or of the writer's, takes so many entries, or all.
private func ranges(
    live: Bool = false, damaged: Bool = false, entries: Int = .max, _ change: (inout LogLimits) -> Void
) async throws -> [Range<Int>] {
    let scratch = Scratch()
    let recorder = ReadRecorder()
    let log = try await EmbeddedLog.withReadings(scratch, storage: recorder, limits: limits(change))
    let writer = try await log.writer(for: readings)
    for start in stride(from: 0, to: 5000, by: 50) { try await writer.append(batch(start..<start + 50)) }
    if !live { try await writer.close() }
    if damaged { try flip(try #require(try scratch.segments(readings).first), at: 4096 + 300) }
    let other =
        live ? log : try await EmbeddedLog(directory: scratch.path("log"), storage: recorder, limits: limits(change))
    let reader = try await other.reader(for: readings, from: .earliest)
    _ = recorder.take()
    var seen = 0
    while seen < entries, let entry = try? await reader.next(), case .records = entry { seen += 1 }
    #expect(damaged || seen == min(entries, 100))
    let ranges = recorder.take()
    if live { try await writer.close() }
    return ranges
}

private func reads(damaged: Bool = false, _ change: (inout LogLimits) -> Void) async throws -> Int {
    try await ranges(damaged: damaged, change).count
}

private func bytesRead(live: Bool = false, entries: Int = .max, _ change: (inout LogLimits) -> Void) async throws -> Int
{
    try await ranges(live: live, entries: entries, change).reduce(0) { $0 + $1.count }
}

/// How many threads of a kind do something for six partitions.
private func threads(_ kind: String, _ change: (inout LogLimits) -> Void) async throws -> Int {
    let scratch = Scratch()
    let scheduler = NamingScheduler()
    let storage = UnwatchedStorage(scheduler: scheduler)
    let log = try await EmbeddedLog(directory: scratch.path("log"), storage: storage, limits: limits(change))
    _ = try await log.createTopic("readings", schema: Reading.schema, configuration: .init(partitions: 6))
    for number in 0..<6 {
        let partition = TopicPartition("readings", number)
        let writer = try await log.writer(for: partition)
        try await writer.append(batch(0..<1))
        try await writer.close()
        _ = try await log.reader(for: partition, from: .earliest).next()
    }
    return scheduler.names.count { $0.contains(kind) }
}

/// A reader that looks often sees twenty appends of another log object, one after the other; one that looks once an hour none.
///
/// On a busy machine the second one may be late to begin, and find something at its first look: then it is tried again.
private func polls(with storage: () -> any Storage, _ change: (inout LogLimits, Duration) -> Void) async throws {
    for _ in 0..<20 where try await sleepsThroughAppends(storage, change) { return }
    Issue.record("who looks once an hour sees what another process appends")
}

private func sleepsThroughAppends(
    _ storage: () -> any Storage, _ change: (inout LogLimits, Duration) -> Void
) async throws -> Bool {
    let scratch = Scratch()
    let log = try await EmbeddedLog.withReadings(scratch)
    let writer = try await log.writer(for: readings)
    func reader(_ interval: Duration) async throws -> any TopicReader {
        let log = try await EmbeddedLog(
            directory: scratch.path("log"), creating: false, storage: storage(),
            limits: limits {
                $0.foreignWriterPollInterval = .seconds(3600)
                $0.watchedPollInterval = .seconds(3600)
                change(&$0, interval)
            })
        return try await log.reader(for: readings, from: .earliest)
    }
    let (quick, slow) = (try await reader(.milliseconds(1)), try await reader(.seconds(3600)))
    let (begun, woken) = (Flag(), Flag())
    let waiting = Task {
        begun.raise()
        try await slow.waitForMore()
        woken.raise()
    }
    while !begun.isRaised { try await Task.sleep(for: .milliseconds(10)) }
    try await Task.sleep(for: .milliseconds(200))
    for number in 0..<20 {
        try await writer.append(batch(number..<number + 1))
        _ = try await quick.following()
    }
    let sleeps = !woken.isRaised
    waiting.cancel()
    _ = await waiting.result
    try await writer.close()
    return sleeps
}

private final class Flag: Sendable {
    private let state = Guarded(false)

    var isRaised: Bool { state.withLock { $0 } }

    func raise() { state.withLock { $0 = true } }
}
