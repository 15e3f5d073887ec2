import PenstockEvents
import PenstockLog

/// Reads a partition on and keeps what it got.
struct Watcher: Sendable {
    struct Outcome: Sendable {
        var reading: PartitionModel.Reading
        var error: LogError?
    }

    let reader: any TopicReader
    let start: UInt64
    /// The number of batches after which it stops.
    let limit: Int

    func run() async -> Outcome {
        var reading = PartitionModel.Reading(start: start, end: start)
        do {
            var batches = 0
            while batches < limit, let entry = try await reader.next() {
                reading.add(entry)
                batches += 1
            }
            return Outcome(reading: reading)
        } catch {
            return Outcome(reading: reading, error: error)
        }
    }
}

extension PartitionModel.Reading {
    mutating func add(_ entry: LogEntry) {
        switch entry {
        case .records(let records):
            for index in 0..<records.count {
                let mark = try? records.event(Mark.self, at: index)
                deliveries.append(.init(offset: records.baseOffset + UInt64(index), mark: mark, controlID: nil))
            }
            end = records.nextOffset
        case .control(let record, let offset):
            var id: UInt64?
            if case .timeMark(let time) = record { id = UInt64(time.nanoseconds) }
            deliveries.append(.init(offset: offset, mark: nil, controlID: id))
            end = offset + 1
        }
    }
}
