import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

/// Transactions over the partitions of a log on a simulated disk, with a crash at one call, and what must be true afterwards.
private final class TransactionRun {
    static let partitions = [TopicPartition("left", 0), TopicPartition("left", 1), TopicPartition("right", 0)]
    static let directory = "/log"
    /// Behind the rows of all transactions.
    static let plainRow = 90

    /// What the program knows of a transaction when it dies.
    enum Knowledge {
        /// Its commit was not asked for.
        case uncommitted
        /// Its commit was asked for and did not return.
        case committing
        /// Its commit returned.
        case committed
    }

    var storage: SimulatedStorage
    private var random: SeededRandom
    private var transactions: [(rows: Range<Int>, knowledge: Knowledge)] = []

    init(seed: UInt64) async throws {
        random = SeededRandom(seed: seed)
        storage = SimulatedStorage(seed: seed)
        let log = try await EmbeddedLog(directory: Self.directory, storage: storage)
        for topic in ["left", "right"] {
            _ = try await log.openTopic(
                topic, schema: Number.schema, creatingWith: TopicConfiguration(partitions: 2, durability: .durable))
        }
        try storage.syncDirectory("/")
        for partition in Self.partitions {
            let writer = try await log.writer(for: partition)
            try await writer.append(numbers(0..<2))
            try await writer.close()
        }
    }

    /// Commits, aborts, commits, and appends plain rows; ends where the disk dies.
    func perform() async throws {
        let log = try await EmbeddedLog(directory: Self.directory, creating: false, storage: storage)
        var writers: [any TopicWriter] = []
        for partition in Self.partitions { writers.append(try await log.writer(for: partition)) }
        for (number, commits) in [true, false, true].enumerated() {
            let rows = 10 * (number + 1)..<10 * (number + 1) + 4
            transactions.append((rows, .uncommitted))
            let transaction = try await log.transaction(over: writers)
            for half in [rows.lowerBound..<rows.lowerBound + 1, rows.lowerBound + 1..<rows.upperBound] {
                for partition in Self.partitions.reversed() {
                    _ = try await transaction.submit(numbers(half), to: partition)
                }
            }
            guard commits else {
                try await transaction.abort()
                continue
            }
            transactions[number].knowledge = .committing
            try await transaction.commit()
            transactions[number].knowledge = .committed
        }
        for writer in writers { try await writer.append(numbers(Self.plainRow..<Self.plainRow + 1)) }
        for writer in writers { try await writer.close() }
    }

    /// A new process on the disk. It may have to die, too.
    func restart(crashAt call: Int = 0, _ kind: Crash = .process) {
        storage = storage.incarnation()
        storage.crash(kind, atCall: call)
    }

    /// What readers see of transactions without any owner; checks that each is there in all partitions or in none.
    func visible(_ what: String) async throws -> [Set<Int>] {
        let log = try await EmbeddedLog(directory: Self.directory, creating: false, storage: storage)
        var contents: [[Int]] = []
        for partition in Self.partitions {
            let reader = try await log.reader(for: partition, from: .earliest)
            contents.append(try await rows(of: reader))
            await reader.close()
        }
        for rows in contents {
            #expect(rows == Array(Set(rows)).sorted(), "\(what): in order and once: \(rows)")
            #expect(rows.starts(with: [0, 1]), "\(what): what was there before")
        }
        for (rows, knowledge) in transactions {
            let seen = contents.map { content in content.filter(rows.contains).count }
            #expect(Set(seen).count == 1, "\(what): rows \(rows) in all partitions or in none: \(seen)")
            #expect(seen[0] == 0 || seen[0] == rows.count, "\(what): rows \(rows): \(seen)")
            if knowledge == .committed { #expect(seen[0] == rows.count, "\(what): rows \(rows) were committed") }
            if knowledge == .uncommitted { #expect(seen[0] == 0, "\(what): rows \(rows) were not committed") }
        }
        // Plain rows that were not acknowledged may be lost at a later crash.
        return contents.map { Set($0.filter { $0 < Self.plainRow }) }
    }

    /// Opens the partitions, in any order, and closes them.
    func recover(withHome: Bool = true) async throws {
        let log = try await EmbeddedLog(directory: Self.directory, creating: false, storage: storage)
        var order = withHome ? Self.partitions : Array(Self.partitions[1...])
        for index in order.indices.dropLast() { order.swapAt(index, index + random.below(order.count - index)) }
        var writers: [any TopicWriter] = []
        for partition in order { writers.append(try await log.writer(for: partition)) }
        for writer in writers { try await writer.close() }
    }
}

@Suite("Transactions on a simulated disk")
struct TransactionSimulationTests {
    @Test(
        "a crash at any call leaves all rows of a transaction or none, before recovery and after",
        arguments: Crash.allCases)
    func everyCall(kind: Crash) async throws {
        var call = 1
        var isDead = true
        while isDead {
            let seed = UInt64(call)
            let run = try await TransactionRun(seed: seed)
            run.storage.crash(kind, atCall: call)
            do { try await run.perform() } catch {
                guard run.storage.isDead else { throw error }
            }
            isDead = run.storage.isDead
            run.storage.crash(kind)
            run.restart()
            let before = try await run.visible("\(kind) crash at call \(call), before recovery")
            // The recovery dies as well, somewhere.
            let second = call.isMultiple(of: 2) ? Crash.process : .power
            run.restart(crashAt: 1 + call % 37, second)
            do { try await run.recover() } catch {
                guard run.storage.isDead else { throw error }
            }
            run.restart()
            let between = try await run.visible("\(kind) crash at call \(call), in recovery")
            // What was written and never acknowledged may be seen until a loss of power takes it.
            if second == .process { #expect(between == before, "\(kind) crash at call \(call)") }
            run.restart()
            try await run.recover()
            run.restart()
            let after = try await run.visible("\(kind) crash at call \(call), after recovery")
            #expect(after == between, "\(kind) crash at call \(call)")
            call += 1
        }
        #expect(call > 50, "the crashes went through the whole program")
    }

    @Test("a commit on which another partition relied survives a loss of power")
    func reliedCommit() async throws {
        var call = 1
        var isDead = true
        while isDead {
            let run = try await TransactionRun(seed: UInt64(call))
            run.storage.crash(.process, atCall: call)
            do { try await run.perform() } catch {
                guard run.storage.isDead else { throw error }
            }
            isDead = run.storage.isDead
            run.storage.crash(.process)
            // The home's commit record may be in the page cache only.
            run.restart()
            try await run.recover(withHome: false)
            run.storage.crash(.power)
            run.restart()
            _ = try await run.visible("crash at call \(call), then a loss of power")
            call += 1
        }
    }
}
