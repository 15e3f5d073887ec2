import Foundation
import Penstock
import PenstockBenchmarks

/// An event of the tumbling-sum job: 24 bytes.
struct Measurement: Sendable {
    var key: UInt64
    var value: Double
    var weight: Double

    /// Event `n` of the job: a pure function of its number.
    @inline(__always) init(_ n: Int, keys: UInt64) {
        let x = UInt64(bitPattern: Int64(n)) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        key = (x >> 33) % keys
        value = Double(x >> 40)
        weight = Double(x & 255)
    }

    init(key: UInt64, value: Double, weight: Double) {
        self.key = key
        self.value = value
        self.weight = weight
    }
}

/// The events of the job, a microsecond of event time apart.
private struct Measurements: Source {
    let count: Int
    let keys: UInt64

    var disorder: Disorder { .ascending }

    var summary: String { "\(count) measurements" }

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Measurement> {
        Reader(count: count, keys: keys)
    }

    private struct Reader: SourceReader {
        let count: Int
        let keys: UInt64
        var next = 0

        mutating func read(into batch: inout SourceBatch<Measurement>) -> SourceProgress {
            let first = next
            next = min(count, first + batch.remaining)
            batch.append(next - first) { place in
                let n = first &+ place
                return (Measurement(n, keys: keys), Timestamp(nanoseconds: Int64(n) &* 1000))
            }
            return next == count ? .end : .more
        }
    }
}

/// The time and the result of one way to do the job.
struct TumblingSumResult {
    let cpuNanosecondsPerEvent: Double
    let checksum: UInt64
}

/// The contribution of one row to the checksum, which does not depend on the order of the rows.
func rowChecksum(windowEnd: Int64, code: UInt64, sum: Double) -> UInt64 {
    SplitMix64.mix(SplitMix64.mix(SplitMix64.mix(UInt64(bitPattern: windowEnd)) ^ code) ^ sum.bitPattern)
}

/// The job as a flow of the public language: map, filter, key, tumbling window of a second, sum. All of it is one actor, or what stands
/// before the key and what stands behind it are one each, with a queue between them.
func tumblingSumByFlow(
    events: Int, keys: UInt64, batchEvents: Int, twoActors: Bool = false
) async throws -> TumblingSumResult {
    let rows = Collected<Summed<UInt64, Double>>(limit: events)
    let kept = Flow("kept measurements") {
        From(Measurements(count: events, keys: keys))
        Map { (e: Measurement) in Measurement(key: e.key, value: e.value * 0.5 + e.weight, weight: e.weight) }
        Filter { (e: Measurement) in e.weight < 192 }
    }
    let flow =
        if twoActors {
            Flow("tumbling sum") {
                Merge(kept)
                KeyBy(\Measurement.key)
                Tumbling(every: .seconds(1))
                Sum(\Measurement.value)
                To(rows)
            }
        } else {
            Flow("tumbling sum") {
                kept
                KeyBy(\Measurement.key)
                Tumbling(every: .seconds(1))
                Sum(\Measurement.value)
                To(rows)
            }
        }
    let start = ProcessorTime.processNanoseconds
    try await flow.run(options: RunOptions(batchEvents: batchEvents))
    let nanoseconds = ProcessorTime.processNanoseconds - start
    var checksum: UInt64 = 0
    for row in rows.values {
        checksum &+= rowChecksum(
            windowEnd: row.window.end.nanoseconds, code: SplitMix64.mix(row.key), sum: row.sum)
    }
    return TumblingSumResult(cpuNanosecondsPerEvent: nanoseconds / Double(events), checksum: checksum)
}

/// The job as one loop in Swift with a table of its own: the floor.
func tumblingSumByLoop(events: Int, keys: UInt64) -> TumblingSumResult {
    struct Slot {
        var tag: UInt64
        var sum: Double
    }
    let second: Int64 = 1_000_000_000
    var capacity = 16
    while capacity < 2 * Int(keys) { capacity *= 2 }
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
    defer { slots.deallocate() }
    slots.initialize(repeating: Slot(tag: 0, sum: 0), count: capacity)
    var checksum: UInt64 = 0
    func closeWindow(_ end: Int64) {
        for at in 0..<capacity where slots[at].tag != 0 {
            checksum &+= rowChecksum(windowEnd: end, code: slots[at].tag &- 1, sum: slots[at].sum)
            slots[at] = Slot(tag: 0, sum: 0)
        }
    }
    let start = ProcessorTime.processNanoseconds
    var end = second
    for n in 0..<events {
        var event = Measurement(n, keys: keys)
        let time = Int64(n) &* 1000
        event.value = event.value * 0.5 + event.weight
        guard event.weight < 192 else { continue }
        if time >= end {
            closeWindow(end)
            end = time - time % second + second
        }
        let code = SplitMix64.mix(event.key)
        let tag = code &+ 1
        var at = Int(truncatingIfNeeded: code) & (capacity &- 1)
        while slots[at].tag != tag {
            if slots[at].tag == 0 {
                slots[at].tag = tag
                break
            }
            at = (at &+ 1) & (capacity &- 1)
        }
        slots[at].sum += event.value
    }
    closeWindow(end)
    let nanoseconds = ProcessorTime.processNanoseconds - start
    return TumblingSumResult(cpuNanosecondsPerEvent: nanoseconds / Double(events), checksum: checksum)
}

/// The job as a loop in C, compiled here and now with `cc -O3`; nil where there is no compiler.
func tumblingSumByC(events: Int, keys: UInt64) throws -> TumblingSumResult? {
    let folder = FileManager.default.temporaryDirectory.path
    guard let program = try FloorProgram("tumbling_sum", in: folder, flags: ["-O3"]) else { return nil }
    defer { program.remove() }
    guard let words = try program.run(["\(events)", "\(keys)"]), words.count == 2, let nanoseconds = Double(words[0]),
        let checksum = UInt64(words[1], radix: 16)
    else { return nil }
    return TumblingSumResult(cpuNanosecondsPerEvent: nanoseconds, checksum: checksum)
}
