internal import PenstockEvents
internal import PenstockLog

/// Writes batches to a topic and waits for each acknowledgement, so that what is counted is kept.
final class TopicOutlet: StageOutlet {
    private let stage: StageName
    private let topic: String
    private let codec: EventCodec
    private let writer: any TopicWriter
    private let board: CommitBoard?
    private let progress: RunProgress
    /// The offset behind what was written, or what would have been were it not there already.
    private var nextOffset: UInt64
    /// How many records that come next the topic has already, from before the run went on from a checkpoint. What is repeated is the same,
    /// so that it need not be written again.
    private var present: UInt64

    /// - Parameters:
    ///   - nextOffset: The offset of the next record to come.
    ///   - present: How many records from there on the topic has already.
    init(
        stage: StageName, topic: String, codec: EventCodec, writer: any TopicWriter, board: CommitBoard?,
        progress: RunProgress, nextOffset: UInt64, present: UInt64
    ) {
        self.stage = stage
        self.topic = topic
        self.codec = codec
        self.writer = writer
        self.board = board
        self.progress = progress
        self.nextOffset = nextOffset
        self.present = present
    }

    func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch) where batch.count > 0:
                progress.count(board == nil ? "\(topic)_appended" : "\(topic)_acknowledged", codec.progressCount(batch))
                let missing = passOver(batch)
                guard missing.count > 0 else { break }
                let acknowledgement = try await writer.append(codec.encode(missing))
                nextOffset = acknowledgement.offsets.upperBound
                board?.commit(nextOffset)
            case .control(let record):
                if present > 0 {
                    present -= 1
                    nextOffset += 1
                    break
                }
                let acknowledgement = try await writer.append(control: record)
                nextOffset = acknowledgement.offsets.upperBound
                board?.commit(nextOffset)
            case .end:
                try await writer.close()
                board?.finish()
            case .batch, .watermark, .barrier:
                break
            }
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func checkpoint() -> [UInt8]? {
        var state = StateEncoder()
        state.put(nextOffset)
        return state.bytes
    }

    func commit() {}

    /// The rows of a batch that the topic does not have yet.
    private func passOver(_ batch: Batch) -> Batch {
        let passed = Int(min(present, UInt64(batch.count)))
        guard passed > 0 else { return batch }
        present -= UInt64(passed)
        nextOffset += UInt64(passed)
        var rest = batch
        let rows = Column<UInt32>(capacity: batch.count - passed)
        for k in passed..<batch.count { rows.values[k - passed] = UInt32(batch.rows[k]) }
        rest.selection = Selection(rows, count: batch.count - passed)
        return rest
    }

    func abandon() async { try? await writer.close() }
}
