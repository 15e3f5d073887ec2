internal import PenstockEvents

/// A source without its type, as the plan holds it.
public struct AnySource: Sendable {
    /// The type of the events.
    let output: ValueType
    let summary: String
    let disorder: Disorder
    let partitionCount: Int
    let open: @Sendable (Int, SourceContext) throws -> any SourceFeed
    /// What the source will give, as far as it can tell.
    let expectation: @Sendable () throws -> SourceExpectation?
    /// The source itself, for tests that drive it.
    package let base: any Sendable

    /// A source; `disorder` replaces what the source says of itself.
    public init<S: Source>(_ source: S, disorder: Disorder? = nil) {
        base = source
        output = ValueType(S.Output.self)
        summary = source.summary
        self.disorder = disorder ?? source.disorder
        partitionCount = source.partitionCount
        expectation = { try source.expectation() }
        open = { partition, context in
            // Each partition is on a way of its own.
            var context = context
            context.repeating = Guarded(false)
            return ReaderFeed(try source.open(partition, context: context), context.repeating)
        }
    }
}

/// Gives the columns of one partition of a source, not knowing their type.
protocol SourceFeed {
    /// Where reading goes on.
    var position: SourcePosition { get }

    /// The next events, and what follows them. Waits where nothing can be read yet.
    mutating func read(eventLimit: Int) async throws -> FeedBatch

    /// Goes on from a position at which an earlier run was. Called once, before anything is read.
    mutating func begin(at position: SourcePosition, eventLimit: Int) async throws

    /// Whether time marks go on to later stages as records.
    var passesOnMarks: Bool { get }

    /// Lets go of what reading needs.
    func close() async
}

/// How far a partition of a source has been read: the numbers of its events and control records, or for a topic the next offset.
struct SourcePosition: Sendable, Hashable {
    var events: UInt64 = 0
    var controls: UInt64 = 0
}

extension SourceFeed {
    /// Whether later stages hear of what follows the events.
    func passes(_ progress: SourceProgress) -> Bool {
        switch progress {
        case .control(.timeMark): passesOnMarks
        case .control: true
        case .more, .end: false
        }
    }
}

/// A source does not give what it gave when a checkpoint was taken.
private struct SourceChanged: Diagnostic {
    var summary: String { "the source holds less than when the checkpoint was taken" }
    var hint: String? { "give the same input, or begin anew without the checkpoint" }
    var category: FailureCategory { .data }
}

/// Some events of a partition, and what follows them.
struct FeedBatch {
    let values: ValueColumn
    let times: Column<Int64>
    let rowCount: Int
    /// The rows that are meant, where not all of them are.
    var selection: Selection?
    /// The sequence number of row 0.
    let baseSequence: UInt64
    /// The bytes of what the values refer to.
    var payloadBytes = 0
    /// When the events were appended to their topic, by the clock of the topic's owner.
    var appendTime: Timestamp?
    var progress: SourceProgress
    /// What could not be read, in order; these rows are not among those that are meant.
    var unreadable: [UnreadableRow] = []
}

private struct ReaderFeed<Output: Sendable>: SourceFeed {
    private var reader: any SourceReader<Output>
    private(set) var position = SourcePosition()
    /// A control record that came with the last events on the way to where reading goes on, and belongs behind that place.
    private var early: SourceProgress?
    private let repeating: Guarded<Bool>

    init(_ reader: any SourceReader<Output>, _ repeating: Guarded<Bool>) {
        (self.reader, self.repeating) = (reader, repeating)
    }

    var passesOnMarks: Bool { true }

    mutating func read(eventLimit: Int) throws -> FeedBatch {
        var batch = SourceBatch<Output>(eventLimit: eventLimit)
        let progress = try early ?? reader.read(into: &batch)
        early = nil
        let readable = batch.unreadable.isEmpty ? nil : batch.builder.readable
        let (values, times, count) = batch.builder.take(capacity: 1)
        defer {
            position.events += UInt64(count)
            if case .control = progress { position.controls += 1 }
        }
        return FeedBatch(
            values: values, times: times, rowCount: count, selection: readable, baseSequence: position.events,
            payloadBytes: batch.payloadBytes, progress: progress, unreadable: batch.unreadable)
    }

    mutating func begin(at wanted: SourcePosition, eventLimit: Int) throws {
        if try wanted.controls == 0 && reader.skip(wanted.events) {
            position = wanted
            return
        }
        repeating.withLock { $0 = true }
        defer { repeating.withLock { $0 = false } }
        while position.events < wanted.events || position.controls < wanted.controls {
            let missing = wanted.events - position.events
            let batch = try read(eventLimit: Int(min(UInt64(eventLimit), max(missing, 1))))
            // The source may have had it later than the events when it was read first.
            if case .control = batch.progress, position.controls == wanted.controls + 1,
                position.events == wanted.events
            {
                early = batch.progress
                position.controls -= 1
            }
            guard position.events <= wanted.events, position.controls <= wanted.controls else { throw SourceChanged() }
            if case .end = batch.progress, position != wanted { throw SourceChanged() }
        }
    }

    func close() {}
}
