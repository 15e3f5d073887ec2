import PenstockEvents

@testable import PenstockEngine

/// Partitions of samples that have nothing to read now and then, which begin and go on anywhere as a file would.
struct QuietSource: Source {
    /// What comes next in a partition.
    enum Part: Sendable {
        case step(Step)
        /// Nothing for so long, by the clock of the run; of no meaning without one.
        case quiet(Int64)
    }

    let partitions: [[Part]]
    var disorder: Disorder
    /// Goes on by what quiet parts say; nil for a source that skips them.
    var clock: VirtualClock?

    var partitionCount: Int { partitions.count }
    let summary = "now and then quiet"

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Sample> {
        Reader(parts: partitions[partition][...], clock: clock)
    }

    /// Partitions of `count` events in time order but for `bound` and sometimes more, each with quiet times of up to `longest`.
    static func random(
        seed: UInt64, partitions: Int = 3, count: Int = 120, bound: Int64 = 5, longest: Int64 = 60,
        clock: VirtualClock?
    ) -> QuietSource {
        var random = SeededGenerator(seed: seed)
        let parts = (0..<partitions).map { partition in
            var time: Int64 = 0
            return (0..<count).flatMap { index -> [Part] in
                time += Int64.random(in: 0...6, using: &random)
                let sample = Sample(
                    key: Int64.random(in: 0..<5, using: &random), number: Int64(index * partitions + partition),
                    float: Double.random(in: 0..<1, using: &random))
                let event = Part.step(.event(time - Int64.random(in: 0...bound + 2, using: &random), sample))
                let mark = random.once(in: 20) ? [Part.step(.mark(time - bound))] : []
                guard random.once(in: 8) else { return mark + [event] }
                let pauses = Int.random(in: 1...6, using: &random)
                return (0..<pauses).map { _ in .quiet(Int64.random(in: 1...longest, using: &random)) } + mark + [event]
            }
        }
        return QuietSource(partitions: parts, disorder: Disorder(boundNanoseconds: bound), clock: clock)
    }

    private struct Reader: SourceReader {
        var parts: ArraySlice<Part>
        let clock: VirtualClock?

        mutating func read(into batch: inout SourceBatch<Sample>) -> SourceProgress {
            while !batch.isFull {
                switch parts.first {
                case nil: return .end
                case .quiet(let time):
                    guard let clock else { break }
                    guard batch.count == 0 else { return .more }
                    parts.removeFirst()
                    clock.advance(by: time)
                    return .more
                case .step(.event(let time, let sample)): batch.append(sample, time: Timestamp(nanoseconds: time))
                case .step(.mark(let time)):
                    parts.removeFirst()
                    return .control(.timeMark(Timestamp(nanoseconds: time)))
                case .step(.control(let record)):
                    parts.removeFirst()
                    return .control(record)
                }
                parts.removeFirst()
            }
            return .more
        }
    }
}
