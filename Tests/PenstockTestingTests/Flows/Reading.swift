import Penstock
import PenstockLog
import PenstockTesting

/// A fixed event with a key, a number of its own and a value.
struct Reading: FixedEvent, Hashable {
    var key: Int64
    var number: Int64
    var value: Double

    static let schema = Schema("Reading", fields: [.init("key", .i64), .init("number", .i64), .init("value", .f64)])

    /// Readings out of order by up to `disorder` nanoseconds, with times about 3 ns apart.
    static func random(
        _ count: Int, disorder: Int, keys: Int, _ random: inout SeededRandom
    ) -> [(reading: Reading, time: Timestamp)] {
        (0..<count).map { number in
            let reading = Reading(
                key: Int64(random.below(keys)), number: Int64(number), value: Double(random.below(1 << 20)) / 0.3)
            return (reading, Timestamp(nanoseconds: Int64(3 * number - random.below(disorder))))
        }
    }

    /// Makes a topic and writes readings into it, partition by partition in batches of several sizes.
    static func write(
        _ readings: [(reading: Reading, time: Timestamp)], to topic: String, partitions: Int, in log: any LogStore
    ) async throws {
        let configuration = TopicConfiguration(partitions: partitions)
        _ = try await log.openTopic(topic, schema: schema, creatingWith: configuration)
        for number in 0..<partitions {
            let writer = try await log.writer(for: TopicPartition(topic, number))
            var left = readings.enumerated().filter { $0.offset % partitions == number }.map(\.element)[...]
            var size = 1
            while !left.isEmpty {
                var batch = RecordBatchBuilder(schemaID: schema.id)
                for (reading, time) in left.prefix(size) { batch.append(reading, time: time) }
                try await writer.append(batch)
                left = left.dropFirst(size)
                size = size % 7 + 1
            }
            try await writer.close()
        }
    }
}

/// A process with a state and timers.
struct Watch: KeyedProcess {
    let sum = ReducingState("sum", of: Double.self) { $0 + $1 }
    let last = ValueState("last", of: Int64.self, timeToLive: TimeToLive(.nanoseconds(40)))

    func process(
        _ reading: Reading, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) throws {
        try state.add(reading.value, to: sum)
        output.append("\(reading.number) behind \(state[last] ?? -1)")
        state[last] = reading.number
        timers.cancel("silence")
        timers.set("silence", at: Timestamp(nanoseconds: context.clock.nanoseconds + 25))
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) {
        output.append("\(context.key) is silent\(timer.isEndOfInput ? " at the end" : ""): \(state[sum] ?? -1)")
        timers.set("again", at: Timestamp(nanoseconds: context.clock.nanoseconds + 30))
    }
}

/// What is written of a window.
struct Total: FixedEvent, Hashable {
    var key: Int64
    var end: Int64
    var sum: Double

    static let schema = Schema("Total", fields: [.init("key", .i64), .init("end", .i64), .init("sum", .f64)])

    init(_ sum: Summed<Int64, Double>) {
        (key, end, self.sum) = (sum.key, sum.window.end.nanoseconds, sum.sum)
    }
}
