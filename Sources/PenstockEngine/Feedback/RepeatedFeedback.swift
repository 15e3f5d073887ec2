internal import PenstockEvents
internal import PenstockLog

/// Compares what a replay puts into a feedback with what the run has put in, which is what is read. Nothing is written.
///
/// The reader sees as much of the topic as has been put in again, so that it waits where the run's had to wait. The first difference is
/// told, and so is what is missing at the end.
final class RepeatedFeedback: StageOutlet {
    private let stage: StageName
    private let partition: TopicPartition
    private let codec: EventCodec
    private let log: any LogStore
    private let loop: FeedbackLoop
    private let progress: RunProgress
    private var reader: (any TopicReader)?
    /// The offset of what is put in next.
    private var next: UInt64
    /// What was read of the topic and has not been compared.
    private var recorded: ArraySlice<Entry> = []
    private var differs = false

    /// What the topic has at an offset.
    private enum Entry {
        case event([UInt8], time: Int64)
        case control(ControlRecord)
    }

    /// - Parameter state: What `checkpoint` gave; nil for the beginning.
    init(
        _ stage: StageName, _ partition: TopicPartition, _ codec: EventCodec, _ log: any LogStore,
        _ loop: FeedbackLoop, _ progress: RunProgress, from state: StateChunk?
    ) {
        self.stage = stage
        self.partition = partition
        self.codec = codec
        self.log = log
        self.loop = loop
        self.progress = progress
        var decoder = state.map { StateDecoder($0) }
        next = (try? decoder?.integer()) ?? loop.board.position
    }

    func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch): for row in batch.rows.numbers { try await compare(batch, row) }
            case .control(let record):
                try await compare { if case .control(record) = $0 { true } else { false } }
            case .end:
                if next < loop.present, !differs {
                    tell("has put \(loop.present - next) events less into it than the run")
                }
                loop.board.finish()
            case .watermark, .barrier: break
            }
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func checkpoint() -> [UInt8]? {
        var state = StateEncoder()
        state.put(next)
        return state.bytes
    }

    func commit() async { await reader?.close() }

    func abandon() async { await reader?.close() }

    // MARK: Comparing

    private func compare(_ batch: Batch, _ row: Int) async throws {
        let value = batch.values.base + row * batch.values.element.stride
        let bytes = try Self.bytes(of: value, batch.values.element)
        let time = batch.times.values[row]
        try await compare { if case .event(bytes, time: time) = $0 { true } else { false } }
    }

    private func compare(_ isSame: (Entry) -> Bool) async throws {
        let known = next < loop.present ? try await takeRecorded() : nil
        if let known {
            if !isSame(known) { tell("has put something else into it at offset \(next)") }
        } else {
            tell("has put more into it than the run, from offset \(next) on")
        }
        next += 1
        loop.board.commit(min(next, loop.present))
    }

    private func takeRecorded() async throws -> Entry? {
        while recorded.isEmpty {
            if reader == nil { reader = try await log.reader(for: partition, from: .offset(next)) }
            switch try await reader?.next() {
            case nil: return nil
            case .control(let record, _)?: recorded = [.control(record)]
            case .records(let batch)?:
                let (values, times, _) = codec.decode(batch)
                let first = Int(next - min(next, batch.baseOffset))
                recorded = try (first..<batch.count).map { row in
                    .event(
                        try Self.bytes(of: values.base + row * codec.element.stride, codec.element),
                        time: times.values[row])
                }[...]
            }
        }
        return recorded.popFirst()
    }

    /// A value as checkpoints have it.
    private static func bytes(of value: UnsafeRawPointer, _ element: ValueType) throws -> [UInt8] {
        guard let coding = element.coding else { throw StateNotWritable(.events, element.name) }
        var encoder = StateEncoder()
        try coding.write(value, &encoder)
        return encoder.bytes
    }

    private func tell(_ what: String) {
        guard !differs else { return }
        differs = true
        progress.report(
            .warning("the feedback \(partition.topic) is not repeated: \(stage) \(what); what the run had is read"))
    }
}
