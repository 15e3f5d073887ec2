import PenstockEvents

@testable import PenstockEngine

/// A source of samples whose partitions have nothing to read now and then.
struct PacedSource: Source {
    enum Pace: Sendable {
        case step(Step)
        /// Nothing can be read, and so much time goes by.
        case nothing(Int64)

        /// An event of key 0 whose number is its time.
        static func e(_ time: Int64) -> Pace { .step(.e(time)) }
    }

    let partitions: [[Pace]]
    var disorder = Disorder.ascending
    let clock = VirtualClock()
    /// The partition and the time of each event, as it is read.
    let log = ReadingLog()

    var partitionCount: Int { partitions.count }
    let summary = "paced"

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Sample> {
        Reader(partition: partition, paces: partitions[partition][...], clock: clock, log: log)
    }

    private struct Reader: SourceReader {
        let partition: Int
        var paces: ArraySlice<Pace>
        let clock: VirtualClock
        let log: ReadingLog

        mutating func read(into batch: inout SourceBatch<Sample>) -> SourceProgress {
            while !batch.isFull {
                switch paces.first {
                case nil: return .end
                case .nothing(let time):
                    guard batch.count == 0 else { return .more }
                    paces.removeFirst()
                    clock.advance(by: time)
                    return .more
                case .step(.event(let time, let sample)):
                    batch.append(sample, time: Timestamp(nanoseconds: time))
                    log.add(partition, time)
                case .step(.mark(let time)):
                    paces.removeFirst()
                    return .control(.timeMark(Timestamp(nanoseconds: time)))
                case .step(.control(let record)):
                    paces.removeFirst()
                    return .control(record)
                }
                paces.removeFirst()
            }
            return .more
        }
    }
}

/// What was read, in the order in which it was.
final class ReadingLog: Sendable {
    private let reads = Guarded<[(partition: Int, time: Int64)]>([])

    var all: [(partition: Int, time: Int64)] { reads.withLock { $0 } }

    func add(_ partition: Int, _ time: Int64) { reads.withLock { $0.append((partition, time)) } }
}
