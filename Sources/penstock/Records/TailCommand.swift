internal import ArgumentParser
internal import Foundation
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic tail`.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Print the last records of each partition, and with -f what follows.",
        discussion: "With -f it ends when all partitions say that their stream has ended, or on Ctrl-C.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @OptionGroup var selection: RecordSelection
    @Flag(name: .shortAndLong, help: "Wait for more records and print them as they come.") var follow = false
    @Option(name: .customShort("n"), parsing: .unconditional, help: "The number of records of each partition.")
    var count = 10
    @OptionGroup var damage: DamageOptions

    func validate() throws {
        if count < 0 { throw ValidationError("-n is \(count); 0 is the least") }
    }

    func run() async throws {
        let log = try await options.open()
        let topic = try await log.describe(name)
        let partitions = try selection.partitions(of: topic)
        let damages = DamageReport(damage)
        let printer = FollowingPrinter(try selection.printer(for: topic, json: options.json))
        // What was printed comes out before the program ends.
        let signals = follow ? StopSignals(StopSignals.interrupt, Self.end) : nil
        defer { signals?.cancel() }
        if follow {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for partition in partitions {
                    let first = start(topic.partitions[partition.partition])
                    group.addTask {
                        let reader = try await log.reader(for: partition, from: .offset(first))
                        let entries = EntrySequence(reader, damages)
                        while try await printer.print(entries.following(), partition) {}
                    }
                }
                try await group.waitForAll()
            }
        } else {
            for partition in partitions {
                let known = topic.partitions[partition.partition]
                let reader = try await log.reader(for: partition, from: .offset(start(known)))
                let entries = EntrySequence(reader, damages)
                while await reader.position < known.nextOffset, let entry = try await entries.next() {
                    _ = try await printer.print(entry, partition)
                }
                await entries.close()
            }
        }
        try await printer.flush()
        try damages.end()
    }

    @Sendable private static func end() {
        try? StandardOutput.shared.flush()
        Foundation.exit(FailureReport.interrupted)
    }

    private func start(_ partition: TopicDescription.Partition) -> UInt64 {
        let wanted = UInt64(count)
        return max(partition.firstOffset, partition.nextOffset < wanted ? 0 : partition.nextOffset - wanted)
    }
}

/// The one printer of several readers.
private actor FollowingPrinter {
    private var printer: RecordPrinter

    init(_ printer: RecordPrinter) { self.printer = printer }

    /// Prints an entry at once; false at the end of the stream.
    func print(_ entry: LogEntry, _ partition: TopicPartition) throws -> Bool {
        var ended = false
        switch entry {
        case .records(let records): try printer.print(records, 0..<records.count, partition: partition)
        case .control(let record, let offset):
            try printer.print(record, offset: offset, partition: partition)
            ended = record == .endOfStream
        }
        try flush()
        return !ended
    }

    func flush() throws {
        try printer.flush()
        try StandardOutput.shared.flush()
    }
}
