import Foundation
import PenstockEvents
import PenstockLog
import Testing

/// Two topics of two partitions each, for transactions over all of them.
private struct Quartet {
    static let partitions = [
        TopicPartition("left", 0), TopicPartition("left", 1), TopicPartition("right", 0), TopicPartition("right", 1),
    ]

    let log: EmbeddedLog
    let writers: [any TopicWriter]

    init(
        _ path: String, durability: Durability = .pageCache, segmentBytes: Int = 256 << 20,
        storage: any Storage = FileStorage(), order: [Int] = [0, 1, 2, 3]
    ) async throws {
        log = try await Self.open(path, durability: durability, segmentBytes: segmentBytes, storage: storage)
        var writers = [(any TopicWriter)?](repeating: nil, count: 4)
        for index in order { writers[index] = try await log.writer(for: Self.partitions[index]) }
        self.writers = writers.compactMap(\.self)
    }

    static func open(
        _ path: String, durability: Durability = .pageCache, segmentBytes: Int = 256 << 20,
        storage: any Storage = FileStorage()
    ) async throws -> EmbeddedLog {
        let log = try await EmbeddedLog(directory: path, storage: storage)
        for topic in ["left", "right"] {
            _ = try await log.openTopic(
                topic, schema: Reading.schema,
                creatingWith: TopicConfiguration(partitions: 2, durability: durability, segmentBytes: segmentBytes))
        }
        return log
    }

    func close() async throws {
        for writer in writers { try await writer.close() }
    }

    /// What readers see in each partition.
    static func contents(_ log: EmbeddedLog) async throws -> [[UInt64]] {
        var contents: [[UInt64]] = []
        for partition in partitions {
            let reader = try await log.reader(for: partition, from: .earliest)
            contents.append(try await counts(reader))
            // What is described is what can be read.
            let description = try await log.describe(partition.topic).partitions[partition.partition]
            #expect(await reader.position == description.nextOffset)
            await reader.close()
        }
        return contents
    }

    /// The same as another process sees it.
    static func contents(_ path: String) async throws -> [[UInt64]] {
        try await contents(EmbeddedLog(directory: path, creating: false))
    }
}

@Suite("Transactions")
struct TransactionTests {
    private static let before: [[UInt64]] = Array(repeating: [1, 2], count: 4)
    private static let after: [[UInt64]] = Array(repeating: [1, 2, 10, 11, 12, 20], count: 4)

    private func copy(_ scratch: Scratch, _ from: String, to: String) throws {
        try FileManager.default.copyItem(atPath: scratch.path(from), toPath: scratch.path(to))
    }

    // Two rows in every partition, and the rows of a transaction that has not ended.
    private func beginning(_ quartet: Quartet) async throws -> any PenstockLog.Transaction {
        for writer in quartet.writers { try await writer.append(batch(1..<3)) }
        let transaction = try await quartet.log.transaction(over: quartet.writers)
        for range in [10..<13, 20..<21] {
            // The home comes last, though its begin record has to come first.
            for partition in Quartet.partitions.reversed() {
                _ = try await transaction.submit(batch(range), to: partition).acknowledgement()
            }
        }
        return transaction
    }

    @Test("rows are visible in all partitions after the commit, and in none before, here and in other processes")
    func commit() async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let transaction = try await beginning(quartet)
        #expect(try await Quartet.contents(quartet.log) == Self.before)
        #expect(try await Quartet.contents(scratch.path("log")) == Self.before)
        try await transaction.commit()
        #expect(try await Quartet.contents(quartet.log) == Self.after)
        #expect(try await Quartet.contents(scratch.path("log")) == Self.after)
        try await transaction.commit()
        for writer in quartet.writers { try await writer.append(batch(30..<31)) }
        try await quartet.close()
        #expect(try await Quartet.contents(scratch.path("log")) == Self.after.map { $0 + [30] })
        await #expect(throws: LogError.self) { try await transaction.abort() }
    }

    @Test("rows of an aborted transaction are never visible, what follows is", arguments: [1, 40])
    func abort(batches: Int) async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"), segmentBytes: 256 << 10)
        let transaction = try await beginning(quartet)
        // More than a reader fetches at once, and more than a segment.
        for start in 0..<batches {
            _ = try await transaction.submit(batch(start * 1000..<start * 1000 + 1000), to: Quartet.partitions[2])
        }
        try await transaction.abort()
        try await transaction.abort()
        #expect(try await Quartet.contents(quartet.log) == Self.before)
        for writer in quartet.writers { try await writer.append(batch(30..<31)) }
        #expect(try await Quartet.contents(quartet.log) == Self.before.map { $0 + [30] })
        #expect(try await Quartet.contents(scratch.path("log")) == Self.before.map { $0 + [30] })
        await #expect(throws: LogError.self) { try await transaction.commit() }
        let error = await #expect(throws: LogError.self) {
            try await transaction.submit(batch(0..<1), to: Quartet.partitions[0])
        }
        #expect(error?.code == .transactionFailed)
        try await quartet.close()
    }

    @Test("a partition has one transaction at a time, and takes nothing else meanwhile")
    func exclusion() async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let producer = try await quartet.writers[1].producer(named: "detector")
        try await quartet.writers[1].append(batch(0..<1), from: producer.stamp(0))
        let transaction = try await quartet.log.transaction(over: Array(quartet.writers[..<2]))
        let refused: [() async throws -> Void] = [
            { try await quartet.writers[1].append(batch(0..<1)) },
            { try await quartet.writers[1].append(control: .endOfStream) },
            { try await quartet.writers[1].append(batch(1..<2), from: producer.stamp(1)) },
            { _ = try await quartet.writers[1].producer(named: "other") },
            { _ = try await quartet.log.transaction(over: [quartet.writers[2], quartet.writers[1]]) },
        ]
        for submit in refused {
            let error = await #expect(throws: LogError.self) { try await submit() }
            #expect(error?.code == .transactionOpen)
        }
        // What is in the log already is acknowledged all the same.
        #expect(try await quartet.writers[1].append(batch(0..<1), from: producer.stamp(0)).isDuplicate)
        // The writer of the refused transaction is free.
        try await quartet.writers[2].append(batch(0..<1))
        try await transaction.commit()
        try await quartet.writers[1].append(batch(1..<2), from: producer.stamp(1))
        try await quartet.close()
    }

    @Test("a transaction is over writers of this log, each once, and takes rows for these only")
    func invalid() async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let other = try await Quartet(scratch.path("other"))
        for writers in [[], [quartet.writers[0], quartet.writers[0]], [quartet.writers[0], other.writers[1]]] {
            let error = await #expect(throws: LogError.self) { try await quartet.log.transaction(over: writers) }
            #expect(error?.code == .invalidTransaction)
        }
        let transaction = try await quartet.log.transaction(over: [quartet.writers[0]])
        let error = await #expect(throws: LogError.self) {
            try await transaction.submit(batch(0..<1), to: Quartet.partitions[1])
        }
        #expect(error?.code == .invalidTransaction)
        try await transaction.abort()
        try await quartet.close()
        try await other.close()
    }

    @Test("a waiting reader gets the rows when the transaction commits, not before")
    func waiting() async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let transaction = try await beginning(quartet)
        let reader = try await quartet.log.reader(for: Quartet.partitions[3], from: .offset(2))
        let foreign = try await EmbeddedLog(directory: scratch.path("log"))
        let foreignReader = try await foreign.reader(for: Quartet.partitions[3], from: .offset(2))
        let first = Task { try await reader.following() }
        let second = Task { try await foreignReader.following() }
        try await transaction.commit()
        for entry in [try await first.value, try await second.value] {
            guard case .records(let records) = entry else {
                Issue.record("rows follow the begin of the transaction")
                continue
            }
            #expect(records.baseOffset == 3)
        }
        try await quartet.close()
    }

    @Test("control records of a transaction are delivered if it commits", arguments: [true, false])
    func controlRecords(commits: Bool) async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let transaction = try await quartet.log.transaction(over: quartet.writers)
        _ = try await transaction.submit(control: .endOfStream, to: Quartet.partitions[1])
        if commits { try await transaction.commit() } else { try await transaction.abort() }
        let reader = try await quartet.log.reader(for: Quartet.partitions[1], from: .earliest)
        var controls: [ControlRecord] = []
        while let (record, _) = try await reader.nextControl() { controls.append(record) }
        #expect(controls == (commits ? [.endOfStream] : []))
        #expect(await reader.position == 3)
        try await quartet.close()
    }

    @Test("reading may begin inside of a transaction", arguments: [true, false])
    func insideOf(commits: Bool) async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let transaction = try await beginning(quartet)
        if commits { try await transaction.commit() } else { try await transaction.abort() }
        try await quartet.writers[2].append(batch(30..<32))
        // Offsets: 0 and 1 rows, 2 begin, 3 to 6 rows of the transaction, 7 its end, 8 and 9 rows.
        for (offset, rows) in [(2, [10, 11, 12, 20]), (4, [11, 12, 20]), (6, [20]), (7, [])] as [(UInt64, [UInt64])] {
            let reader = try await quartet.log.reader(for: Quartet.partitions[2], from: .offset(offset))
            #expect(try await counts(reader) == (commits ? rows : []) + [30, 31])
        }
        try await quartet.close()
    }

    @Test("closing a writer, or dropping the transaction, aborts it")
    func dropping() async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        var transaction: (any PenstockLog.Transaction)? = try await beginning(quartet)
        try await quartet.writers[3].close()
        await #expect(throws: LogError.self) { try await transaction?.commit() }
        #expect(try await Quartet.contents(quartet.log) == Self.before)
        transaction = try await quartet.log.transaction(over: Array(quartet.writers[..<2]))
        _ = try await transaction?.submit(batch(0..<1), to: Quartet.partitions[1])
        transaction = nil
        // The abort is under way; until it has come the writer refuses.
        while true {
            do { try await quartet.writers[1].append(batch(30..<31)) } catch {
                guard error.code == .transactionOpen else { throw error }
                await Task.yield()
                continue
            }
            break
        }
        #expect(try await Quartet.contents(quartet.log)[1] == [1, 2, 30])
        try await quartet.close()
    }

    @Test("a failed write aborts the transaction at its commit, and the next one succeeds")
    func failedWrite() async throws {
        let scratch = Scratch()
        let storage = RecordingStorage()
        let quartet = try await Quartet(scratch.path("log"), durability: .durable, storage: storage)
        let transaction = try await beginning(quartet)
        storage.fail("sync segment", with: .noSpace)
        let row = try await transaction.submit(batch(90..<91), to: Quartet.partitions[2])
        await #expect(throws: LogError.self) { try await row.acknowledgement() }
        storage.fail("sync segment", with: nil)
        let error = await #expect(throws: LogError.self) { try await transaction.commit() }
        #expect(error?.code == .noSpace)
        #expect(try await Quartet.contents(quartet.log) == Self.before)
        let next = try await quartet.log.transaction(over: quartet.writers)
        for partition in Quartet.partitions { _ = try await next.submit(batch(30..<31), to: partition) }
        try await next.commit()
        try await quartet.close()
        #expect(try await Quartet.contents(scratch.path("log")) == Self.before.map { $0 + [30] })
    }

    /// What the directories of the home and of the others look like at a crash, and whether the rows are there afterwards.
    static let crashes: [(home: String, others: String, visible: Bool, order: [Int])] = [
        ("rows", "rows", false, [0, 1, 2, 3]), ("rows", "rows", false, [3, 2, 1, 0]),
        ("committed", "rows", true, [0, 1, 2, 3]), ("committed", "rows", true, [3, 2, 1, 0]),
        ("committed", "committed", true, [3, 2, 1, 0]),
        ("aborted", "rows", false, [0, 1, 2, 3]), ("aborted", "rows", false, [3, 2, 1, 0]),
        ("before", "rows", false, [0, 1, 2, 3]), ("before", "rows", false, [1, 0, 3, 2]),
    ]

    @Test("a crash between any two steps leaves all or nothing, before recovery and after", arguments: crashes)
    func crash(home: String, others: String, visible: Bool, order: [Int]) async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        for writer in quartet.writers { try await writer.append(batch(1..<3)) }
        try copy(scratch, "log", to: "before")
        let transaction = try await quartet.log.transaction(over: quartet.writers)
        for range in [10..<13, 20..<21] {
            for partition in Quartet.partitions {
                _ = try await transaction.submit(batch(range), to: partition).acknowledgement()
            }
        }
        try copy(scratch, "log", to: "rows")
        try await transaction.commit()
        try copy(scratch, "log", to: "committed")
        try await quartet.close()
        try copy(scratch, "rows", to: "aborted")
        let aborting = try await EmbeddedLog(directory: scratch.path("aborted"))
        try await aborting.writer(for: Quartet.partitions[0]).close()
        // The pieces together: the home as after one step, the others as after another.
        try copy(scratch, others, to: "crashed")
        try FileManager.default.removeItem(atPath: scratch.path("crashed/left/0"))
        try copy(scratch, "\(home)/left/0", to: "crashed/left/0")
        let expected = visible ? Self.after : Self.before
        #expect(try await Quartet.contents(scratch.path("crashed")) == expected)
        for round in 0..<2 {
            let quartet = try await Quartet(scratch.path("crashed"), order: order)
            let rest = round == 0 ? [] : [UInt64(30)]
            #expect(try await Quartet.contents(quartet.log) == expected.map { $0 + rest })
            if round == 0 { for writer in quartet.writers { try await writer.append(batch(30..<31)) } }
            try await quartet.close()
            #expect(try await Quartet.contents(scratch.path("crashed")) == expected.map { $0 + [30] })
        }
    }

    @Test("a partition whose transaction a live process may still commit is not opened, and its rows stay invisible")
    func undecided() async throws {
        let scratch = Scratch()
        let quartet = try await Quartet(scratch.path("log"))
        let transaction = try await beginning(quartet)
        try copy(scratch, "log", to: "copy")
        // In the copy the home's owner lives, and nobody owns the others.
        var owner = try FileStorage().lock(scratch.path("copy/left/0/owner"))
        #expect(owner != nil)
        let copy = try await EmbeddedLog(directory: scratch.path("copy"))
        let error = await #expect(throws: LogError.self) { try await copy.writer(for: Quartet.partitions[1]) }
        #expect(error?.code == .transactionUndecided)
        #expect(error?.category == .temporary)
        #expect(try await Quartet.contents(copy)[1] == [1, 2])
        owner = nil
        try await copy.writer(for: Quartet.partitions[1]).close()
        #expect(try await Quartet.contents(copy) == Self.before)
        try await transaction.abort()
        try await quartet.close()
    }
}
