import Penstock

/// A pipeline whose work processes share, and that a test may kill: `run --share GROUP`. Its verb `produce` writes what it reads.
@main
struct SharePeer: Pipeline {
    static let abstract = "The sums of each station in windows of time, and the strong readings."
    static let verbs: [any ParsableCommand.Type] = [ProduceCommand.self]

    var body: some Dataflow {
        Flow("sums") {
            From(Topic<Reading>(Reading.topic), disorder: Reading.disorder).followed()
            KeyBy(\Reading.station)
            Tumbling(every: .seconds(1))
            Sum(\Reading.strength)
            Map { (sum: Summed<Int64, Int64>) in
                StationSum(station: sum.key, start: sum.window.start.nanoseconds, sum: sum.sum)
            }
            To(Topic<StationSum>("sums"))
        }
        Flow("strong") {
            From(Topic<Reading>(Reading.topic), disorder: Reading.disorder).followed()
            Filter { (reading: Reading) in reading.strength >= 900 }
            To(Topic<Reading>("strong"))
        }
    }
}
