internal import PenstockEvents
internal import PenstockLog

/// Where an instance of a stage puts its results. Made on the stage's thread and used by it only.
enum StageOutlet {
    case channels([OutgoingEdge])
    case sink(StageName, any SinkDrain)
    case topic(TopicOutlet)

    mutating func put(_ element: StreamElement) async throws {
        switch self {
        case .channels(let edges):
            for edge in edges { try await edge.put(element) }
        case .sink(let stage, var drain):
            do {
                switch element {
                case .batch(let batch) where batch.count > 0: try drain.write(batch)
                case .control(let record): try drain.control(record)
                case .batch, .watermark, .end: break
                }
            } catch {
                throw EngineError.stage(stage, error)
            }
            self = .sink(stage, drain)
        case .topic(var topic):
            try await topic.put(element)
            self = .topic(topic)
        }
    }

    /// Makes the results visible, after every stage of the run has come to its end.
    mutating func commit() async throws {
        switch self {
        case .channels, .topic: break
        case .sink(let stage, var drain):
            do { try drain.finish() } catch { throw EngineError.stage(stage, error) }
        }
    }

    /// The run has failed: nothing may be left under a final name. What a topic has acknowledged stays.
    mutating func abandon() async {
        switch self {
        case .channels: break
        case .sink(_, var drain): drain.abandon()
        case .topic(let topic): await topic.close()
        }
    }
}

/// The edge of one sending instance to all instances of the receiving stage.
struct OutgoingEdge {
    let inboxes: [Inbox]
    let sender: Int
    let routing: PhysicalPlan.Routing

    func put(_ element: StreamElement) async throws {
        guard routing == .keyGroups, case .batch(let batch) = element else {
            for inbox in inboxes { try await inbox.send(element, from: sender) }
            return
        }
        let parts = KeyRouter(instances: inboxes.count).split(batch)
        for (inbox, part) in zip(inboxes, parts) {
            try await inbox.send(part.map { .batch($0) } ?? .watermark(batch.watermark), from: sender)
        }
    }
}

/// Writes batches to a topic and waits for each acknowledgement, so that what is counted is kept.
struct TopicOutlet {
    let stage: StageName
    let topic: String
    let codec: EventCodec
    let writer: any TopicWriter
    let board: CommitBoard?
    let progress: RunProgress

    mutating func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch) where batch.count > 0:
                let (records, counted) = codec.encode(batch)
                let acknowledgement = try await writer.append(records)
                progress.count("\(topic)_acknowledged", counted)
                board?.commit(acknowledgement.offsets.upperBound)
            case .control(let record):
                board?.commit(try await writer.append(control: record).offsets.upperBound)
            case .end:
                try await writer.close()
                board?.finish()
            case .batch, .watermark:
                break
            }
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func close() async { try? await writer.close() }
}
