import PenstockEvents

@testable import PenstockEngine

/// Random partitions of samples, out of order by more than the bound now and then, and their canonical order.
struct DisorderedInput {
    /// An event with its place.
    struct Placed {
        let time: Int64
        let effectiveTime: Int64
        let partition: Int
        let index: Int
        let sample: Sample
    }

    let bound: Int64
    let partitions: [[Step]]
    /// All events in canonical order.
    let placed: [Placed]
    /// The largest effective time or watermark.
    let last: Int64

    init(seed: UInt64, events: Int = 60, keys: Int64 = 5) {
        var random = SeededGenerator(seed: seed)
        let bound = Int64.random(in: 0...12, using: &random)
        self.bound = bound
        let partitionCount = Int.random(in: 1...3, using: &random)
        let spread = Int64.random(in: 0...25, using: &random)
        var number: Int64 = 0
        var placed: [Placed] = []
        var last = Int64.min
        partitions = (0..<partitionCount).map { partition in
            var (clock, latest, mark) = (Int64.random(in: -20...20, using: &random), Int64?.none, Int64.min)
            return (0..<Int.random(in: 0...events, using: &random)).map { index in
                clock += Int64.random(in: 0...4, using: &random)
                var watermark = mark
                if let latest { watermark = max(mark, latest - bound - 1) }
                if random.once(in: 12) {
                    mark = max(mark, clock - Int64.random(in: 0...10, using: &random))
                    last = max(last, mark)
                    return .w(mark)
                }
                let time = clock - Int64.random(in: 0...spread, using: &random)
                number += 1
                let sample = Sample(
                    key: Int64.random(in: 0..<keys, using: &random), number: number,
                    float: Double.random(in: 0..<1, using: &random))
                let effective = time <= watermark ? watermark + 1 : time
                placed.append(
                    Placed(time: time, effectiveTime: effective, partition: partition, index: index, sample: sample))
                latest = max(latest ?? time, time)
                last = max(last, effective)
                return .event(time, sample)
            }
        }
        self.last = last
        self.placed = placed.sorted {
            ($0.effectiveTime, $0.partition, $0.index) < ($1.effectiveTime, $1.partition, $1.index)
        }
    }

    var source: StageDescription {
        .from(ScriptedSource(partitions: partitions, disorder: Disorder(boundNanoseconds: bound)))
    }
}
