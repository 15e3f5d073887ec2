internal import ArgumentParser
internal import PenstockEvents
internal import PenstockLog

/// `penstock topic truncate`.
struct TruncateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "truncate",
        abstract: "Delete the records of a partition before an offset, exactly; space comes free in whole segments.")

    @OptionGroup var options: LogOptions
    @Argument(help: "The topic.") var name: String
    @Option(name: .shortAndLong, parsing: .unconditional, help: "The partition.") var partition = 0
    @Option(parsing: .unconditional, help: "The first offset that stays.") var before: UInt64
    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let log = try await options.open()
        var selection = RecordSelection()
        selection.partition = partition
        let topic = try await log.describe(name)
        let place = try selection.partitions(of: topic)[0]
        let (first, next) = (topic.partitions[partition].firstOffset, topic.partitions[partition].nextOffset)
        guard before <= next else {
            throw CommandError(
                .usage, "\(place) ends before offset \(before): it holds \(first)..<\(next)",
                hint: "--before \(next) deletes all of its records")
        }
        if before > first {
            try confirmation.ask(
                "delete \(TopicText.count(before - first, "record")) of \(place), \(first)..<\(before)?")
        }
        try await log.truncate(place, before: before)
        let now = try await log.describe(name).partitions[partition]
        if options.json {
            try StandardOutput.shared.print(
                JSON.members([
                    "topic": .text(name), "partition": .number(partition), "first_offset": .number(now.firstOffset),
                    "next_offset": .number(now.nextOffset),
                ]).compact)
        } else {
            try StandardOutput.shared.print("\(place) now holds \(now.firstOffset)..<\(now.nextOffset)")
        }
    }
}
