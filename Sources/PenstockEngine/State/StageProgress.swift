internal import PenstockEvents

/// How far a stage that makes rows has come, apart from what it keeps by key.
///
/// All instances of a stage are as far when their barriers have come. Each numbers its rows from `base` on; what goes on from a checkpoint,
/// be it one instance or several, begins behind all of their rows, so that numbers never fall.
struct StageProgress {
    var watermark = Timestamp.distantPast
    var forwarded = Timestamp.distantPast
    /// The number of the first row of each instance.
    var base: UInt64 = 0
    /// The rows of this instance, or of all.
    var rows: UInt64 = 0

    /// The number of the next row.
    var sequence: UInt64 { base + rows }

    init(watermark: Timestamp, forwarded: Timestamp, base: UInt64, sequence: UInt64) {
        self.watermark = watermark
        self.forwarded = forwarded
        self.base = base
        rows = sequence - base
    }

    init() {}

    func write(_ chunk: inout StateEncoder) {
        chunk.put(watermark.nanoseconds)
        chunk.put(forwarded.nanoseconds)
        chunk.put(base)
        chunk.put(rows)
    }

    /// Adds what another instance wrote.
    mutating func merge(_ chunk: inout StateDecoder) throws {
        watermark = max(watermark, try chunk.watermark())
        forwarded = max(forwarded, try chunk.watermark())
        base = max(base, try chunk.integer())
        rows += try chunk.integer(UInt64.self)
    }
}

extension StateEncoder {
    /// Appends an instant that may not be known.
    mutating func put(instant: Int64?) {
        put(instant != nil)
        put(instant ?? 0)
    }

    /// Appends an origin.
    mutating func put(_ origin: Origin) {
        put(origin.stage)
        put(origin.partition)
    }
}

extension StateDecoder {
    /// How far time had come. Behind the end of input all of it has: what goes on from there sees time rise anew.
    mutating func watermark() throws -> Timestamp {
        let watermark = Timestamp(nanoseconds: try integer())
        return watermark == .distantFuture ? .distantPast : watermark
    }

    /// The next instant that may not be known.
    mutating func instant() throws -> Int64? {
        let isKnown = try bool()
        let instant: Int64 = try integer()
        return isKnown ? instant : nil
    }

    /// The next origin.
    mutating func origin() throws -> Origin { Origin(stage: try integer(), partition: try integer()) }
}

/// The later of two instants that may not be known.
func latest(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a, let b else { return a ?? b }
    return max(a, b)
}
