internal import PenstockEvents
internal import PenstockLog

/// Where an instance of a stage puts its results. Belongs to one stage actor and is used on its thread only.
protocol StageOutlet: AnyObject {
    /// Takes the next element; waits while what is behind the outlet is not ready for it.
    func put(_ element: StreamElement) async throws

    /// Nothing will come for a while, so that nobody behind the outlet need wait for it; until that is taken back, or the next element but a
    /// watermark or a barrier.
    func setIdle(_ isIdle: Bool)

    /// What the outlet needs to go on from this place in the stream, kept so that it survives the end of the process; nil where it needs
    /// nothing. Called at a barrier and at the end.
    func checkpoint() async throws -> [UInt8]?

    /// The transaction that the last `checkpoint` counts on: it is committed when that checkpoint is complete. Nil for none.
    var prepared: (any Transaction)? { get }

    /// Makes the results visible, after every stage of the run has come to its end.
    func commit() async throws

    /// The run has failed: nothing may be left under a final name. What a topic has acknowledged stays.
    func abandon() async
}

extension StageOutlet {
    /// No transactions.
    var prepared: (any Transaction)? { nil }

    /// Nobody waits.
    func setIdle(_ isIdle: Bool) {}
}

/// Puts results into the inboxes of later stages.
final class ChannelOutlet: StageOutlet {
    private let edges: [OutgoingEdge]
    /// What combines the events for each edge, where something does.
    private let combiners: [(any Combiner)?]
    /// The largest effective time so far, where a stage behind an edge has to know it at the end.
    private var latest = Int64.min
    private var isIdle = false

    init(_ edges: [OutgoingEdge]) {
        self.edges = edges
        combiners = edges.map { $0.makeCombiner?() }
    }

    func setIdle(_ isIdle: Bool) {
        guard isIdle != self.isIdle else { return }
        self.isIdle = isIdle
        for edge in edges { edge.setIdle(isIdle) }
    }

    func put(_ element: StreamElement) async throws {
        if element.endsIdleness { setIdle(false) }
        if edges.contains(where: \.announcesEnd) {
            if case .batch(let batch) = element { latest = max(latest, batch.latestEffectiveTime) }
            if case .end = element, latest > .min {
                for edge in edges { try await edge.put(.watermark(Timestamp(nanoseconds: latest))) }
            }
        }
        for (edge, combiner) in zip(edges, combiners) {
            if let combiner, case .batch(let batch) = element, let combined = combiner.combine(batch) {
                try await edge.put(.batch(combined))
            } else {
                try await edge.put(element)
            }
        }
    }

    func checkpoint() -> [UInt8]? { nil }

    func commit() {}

    func abandon() async {}
}

/// The edge of one sending instance to all instances of the receiving stage.
struct OutgoingEdge {
    let inboxes: [Inbox]
    let sender: Int
    let routing: PhysicalPlan.Routing
    /// Whether the instances behind the edge have to know at the end how far time had come in all of them.
    var announcesEnd = false
    /// Makes what combines events for the stage behind the edge; nil where nothing does.
    var makeCombiner: (@Sendable () -> (any Combiner)?)?

    func setIdle(_ isIdle: Bool) {
        for inbox in inboxes { inbox.setIdle(isIdle, sender) }
    }

    func put(_ element: StreamElement) async throws {
        guard routing == .keyGroups, case .batch(let batch) = element else {
            for inbox in inboxes { try await send(element, to: inbox) }
            return
        }
        let router = KeyRouter(instances: inboxes.count)
        guard GrowingBatch.takes(batch) else {
            for (inbox, part) in zip(inboxes, router.split(batch)) {
                try await send(part.map { .batch($0) } ?? .watermark(batch.watermark), to: inbox)
            }
            return
        }
        for (inbox, part) in try offered(batch, router) { try await send(.batch(part), to: inbox) }
    }

    /// Puts an element into an inbox. Before the sender waits, the other inboxes hand over what has gathered: their receivers need not wait too.
    private func send(_ element: StreamElement, to inbox: Inbox) async throws {
        if try inbox.offer(element, from: sender) { return }
        for other in inboxes where other !== inbox { other.handOver() }
        try await inbox.send(element, from: sender)
    }

    /// Puts the rows of a small batch into the inboxes; gives what an inbox could not take.
    private func offered(_ batch: Batch, _ router: KeyRouter) throws -> [(Inbox, Batch)] {
        var instance = 0
        var left: [(Inbox, Batch)] = []
        try router.share(batch) { rows, count in
            let inbox = inboxes[instance]
            instance += 1
            if try inbox.offer(batch, Rows(count: count, indices: rows), from: sender) { return }
            let column = Column<UInt32>(capacity: count)
            column.values.update(from: rows, count: count)
            var part = batch
            part.selection = Selection(column, count: count)
            left.append((inbox, part))
        }
        return left
    }
}

extension StreamElement {
    /// Whether a sender of it is not idle any more.
    fileprivate var endsIdleness: Bool {
        switch self {
        case .batch(let batch): batch.count > 0
        case .watermark, .barrier: false
        case .control, .end: true
        }
    }
}

extension Batch {
    /// The largest finite effective time of the events, or minus infinity.
    var latestEffectiveTime: Int64 {
        var latest = Int64.min
        forEachMarkedRow { row, mark in
            let time = effectiveTime(row, mark)
            if time < .max { latest = max(latest, time) }
        }
        return latest
    }
}

/// Puts results into a sink that is not a topic.
final class SinkOutlet: StageOutlet {
    private let stage: StageName
    private var drain: any SinkDrain
    private var isFinished = false
    /// Whether a checkpoint refers to what was written.
    private var isKept: Bool
    private let delivery: SinkDelivery
    /// How many rows the stage has given, also before a restart.
    private var rows: UInt64

    /// - Parameter rows: How many rows came before the checkpoint that the run begins with.
    init(_ stage: StageName, _ drain: any SinkDrain, _ delivery: SinkDelivery, isKept: Bool, rows: UInt64 = 0) {
        self.isKept = isKept
        self.delivery = delivery
        self.rows = rows
        self.stage = stage
        self.drain = drain
    }

    func put(_ element: StreamElement) async throws {
        do {
            switch element {
            case .batch(let batch) where batch.count > 0:
                try drain.write(batch, firstRow: rows)
                rows += UInt64(batch.count)
            case .control(let record): try drain.control(record)
            case .batch, .watermark, .barrier, .end: break
            }
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func checkpoint() throws -> [UInt8]? {
        if delivery == .atLeastOnce {
            var state = StateEncoder()
            state.put(rows)
            return state.bytes
        }
        do {
            let state = try drain.checkpoint()
            isKept = isKept || state != nil
            return state
        } catch {
            throw EngineError.stage(stage, error)
        }
    }

    func commit() throws {
        do { try drain.finish() } catch { throw EngineError.stage(stage, error) }
        isFinished = true
    }

    /// What was made visible stays, also where a later sink of the run cannot finish; and what a checkpoint refers to.
    func abandon() async {
        guard !isFinished else { return }
        if isKept { drain.suspend() } else { drain.abandon() }
    }
}
