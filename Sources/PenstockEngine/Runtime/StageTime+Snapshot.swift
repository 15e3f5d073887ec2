internal import PenstockEvents

// How far operators have come in a checkpoint, and how they go on from it: by chunks without a key group, one an instance, and by those of
// their key groups.

/// An operator whose rows follow from how far time has come, and are numbered.
protocol NumberedProcessor: TimedProcessor {
    /// The number of the next row.
    var sequence: UInt64 { get set }
    /// The number of the first row of this run.
    var baseSequence: UInt64 { get set }
}

extension NumberedProcessor {
    /// How far the operator has come.
    var progress: StageProgress {
        StageProgress(watermark: watermark, forwarded: forwarded, base: baseSequence, sequence: sequence)
    }

    /// Goes on from a checkpoint: behind the progress of each instance stands what `instance` reads, and `group` reads a key group.
    mutating func restore(
        _ state: [StateChunk], instance: (inout Self, inout StateDecoder) throws -> Void = { _, _ in },
        group: (inout Self, inout StateDecoder) throws -> Void
    ) throws {
        var progress = StageProgress()
        for chunk in state {
            var decoder = StateDecoder(chunk)
            if chunk.group == nil {
                try progress.merge(&decoder)
                try instance(&self, &decoder)
            } else {
                try group(&self, &decoder)
            }
        }
        (watermark, forwarded) = (progress.watermark, progress.forwarded)
        (baseSequence, sequence) = (progress.sequence, progress.sequence)
    }
}

/// An operator that sees one event after the other in canonical order, and puts out rows when time has reached theirs.
protocol OrderedProcessor: TimedProcessor {
    /// The largest finite time of the input: effective times and watermarks.
    var last: Int64 { get set }
    /// The events that wait for their turn.
    var waiting: PendingRows { get }
    /// The number of the next row.
    var nextSequence: UInt64 { get set }
}

extension OrderedProcessor {
    /// Writes how far the operator has come.
    func writeProgress(_ chunk: inout StateEncoder) {
        chunk.put(StateKind.progress.rawValue)
        chunk.put(watermark.nanoseconds)
        chunk.put(forwarded.nanoseconds)
        chunk.put(max(last, waiting.latest))
        chunk.put(nextSequence)
    }

    /// Goes on from a checkpoint: time has come as far as in the instance that is behind the others. `read` reads what no other chunk has, and
    /// what stands behind the progress of an instance.
    mutating func restore(
        _ state: [StateChunk], read: (inout Self, StateKind, inout StateDecoder) throws -> Void
    ) throws {
        var times: [StageTime] = []
        for chunk in state {
            var decoder = StateDecoder(chunk)
            let kind = try StateKind(&decoder)
            if case .progress = kind {
                times.append(StageTime(watermark: try decoder.watermark(), forwarded: try decoder.watermark()))
                last = max(last, try decoder.integer())
                nextSequence = max(nextSequence, try decoder.integer())
            }
            try read(&self, kind, &decoder)
        }
        watermark = times.map(\.watermark).min() ?? .distantPast
        forwarded = times.map(\.forwarded).min() ?? .distantPast
    }
}

extension StageTime {
    fileprivate init(watermark: Timestamp, forwarded: Timestamp) {
        self.init()
        self.watermark = watermark
        self.forwarded = forwarded
    }
}

/// What a chunk of an operator in canonical order holds.
enum StateKind: UInt8 {
    case progress = 0
    case keys = 1
    case waiting = 2
    case finished = 3

    init(_ decoder: inout StateDecoder) throws {
        guard let kind = StateKind(rawValue: try decoder.integer()) else { throw StateDamaged() }
        self = kind
    }
}
