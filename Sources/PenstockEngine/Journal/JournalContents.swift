internal import PenstockEvents
internal import PenstockLog

/// A partition that had been left out of the watermark came back.
struct Comeback: Sendable, Hashable {
    /// The number of the first event from which on the floor holds.
    let position: UInt64
    /// What the watermark had come to meanwhile: events at or before it are behind.
    let floor: Int64
}

/// Events of a feedback were read.
struct FeedbackReading: Sendable, Hashable {
    /// The offset of the first one.
    let position: UInt64
    /// The offset behind the last one.
    let end: UInt64
    /// How far time had come: they come behind it.
    let floor: Int64
}

/// What the journals in a topic hold.
struct JournalContents {
    /// The runs in the order in which they began.
    private(set) var runs: [Run] = []

    /// What a run has written.
    struct Run {
        let number: UInt64
        let scan: UInt64
        /// What its checkpoints call it.
        let name: String
        var records: [JournalRecord] = []
    }

    /// Nothing, for a topic that is not there.
    init() {}

    /// Reads a topic.
    /// - Throws: `LogError` of the storage, or where the topic is damaged.
    init(_ topic: TopicPartition, _ log: any LogStore) async throws {
        let reader = try await log.reader(for: topic, from: .earliest)
        do {
            while let entry = try await reader.next() {
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count { add(try batch.event(JournalRecord.self, at: index)) }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
    }

    private mutating func add(_ record: JournalRecord) {
        if record.kind == .begin {
            runs.append(Run(number: record.run, scan: record.position, name: record.text))
        } else if let index = runs.lastIndex(where: { $0.number == record.run }) {
            runs[index].records.append(record)
        }
    }

    /// The run with a number, or the last one.
    /// - Throws: `EngineError.option` where it is not there.
    func run(_ number: UInt64?, of name: String) throws(EngineError) -> Run {
        if let run = number.map({ number in runs.last { $0.number == number } }) ?? runs.last { return run }
        let wanted = number.map { "run \($0)" } ?? "run"
        throw .option(
            problem: "there is no journal of a \(wanted) of \(name)",
            hint: runs.isEmpty
                ? "none of its runs has kept one in this log"
                : "it has those of the runs "
                    + runs.map { "\($0.number)" }.joined(separator: ", "))
    }
}
