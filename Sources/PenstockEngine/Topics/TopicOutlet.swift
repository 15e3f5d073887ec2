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

    init(
        stage: StageName, topic: String, codec: EventCodec, writer: any TopicWriter, board: CommitBoard?,
        progress: RunProgress
    ) {
        self.stage = stage
        self.topic = topic
        self.codec = codec
        self.writer = writer
        self.board = board
        self.progress = progress
    }

    func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch) where batch.count > 0:
                let acknowledgement = try await writer.append(codec.encode(batch))
                progress.count(board == nil ? "\(topic)_appended" : "\(topic)_acknowledged", codec.progressCount(batch))
                board?.commit(acknowledgement.offsets.upperBound)
            case .control(let record):
                let acknowledgement = try await writer.append(control: record)
                board?.commit(acknowledgement.offsets.upperBound)
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

    func commit() {}

    func abandon() async { try? await writer.close() }
}
