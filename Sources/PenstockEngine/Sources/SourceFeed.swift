internal import PenstockEvents

/// A source without its type, as the plan holds it.
public struct AnySource: Sendable {
    /// The type of the events.
    let output: ValueType
    let summary: String
    let disorder: Disorder
    let partitionCount: Int
    let open: @Sendable (Int, SourceContext) throws -> any SourceFeed

    /// A source; `disorder` replaces what the source says of itself.
    public init<S: Source>(_ source: S, disorder: Disorder? = nil) {
        output = ValueType(S.Output.self)
        summary = source.summary
        self.disorder = disorder ?? source.disorder
        partitionCount = source.partitionCount
        open = { partition, context in
            ReaderFeed(try source.open(partition, context: context))
        }
    }
}

/// Gives the columns that a source reads, not knowing their type.
protocol SourceFeed {
    mutating func read(eventLimit: Int) throws -> FeedBatch

    /// Goes on behind events, if the source can do that without reading them.
    mutating func skip(_ count: UInt64) throws -> Bool
}

extension SourceFeed {
    /// Goes on behind so many events and control records, if need be by reading them.
    /// - Throws: `SourceChanged` where they are not there; what reading throws.
    mutating func skip(to position: SourcePosition, eventLimit: Int) throws {
        if try position.controls == 0 && skip(position.events) { return }
        var (events, controls) = (position.events, position.controls)
        while events > 0 || controls > 0 {
            let batch = try read(eventLimit: Int(min(UInt64(eventLimit), max(events, 1))))
            guard batch.count <= events else { throw SourceChanged() }
            events -= UInt64(batch.count)
            switch batch.progress {
            case .more: break
            case .control where controls > 0: controls -= 1
            case .control, .end: if events > 0 || controls > 0 { throw SourceChanged() }
            }
        }
    }
}

/// How far a partition of a source has been read.
struct SourcePosition {
    var events: UInt64 = 0
    var controls: UInt64 = 0
}

/// A source does not give what it gave when a checkpoint was taken.
private struct SourceChanged: Diagnostic {
    var summary: String { "the source holds less than when the checkpoint was taken" }
    var hint: String? { "give the same input, or begin anew without the checkpoint" }
    var category: FailureCategory { .data }
}

struct FeedBatch {
    let values: ValueColumn
    let times: Column<Int64>
    let count: Int
    let progress: SourceProgress
}

private struct ReaderFeed<Output: Sendable>: SourceFeed {
    private var reader: any SourceReader<Output>

    init(_ reader: any SourceReader<Output>) { self.reader = reader }

    mutating func skip(_ count: UInt64) throws -> Bool { try reader.skip(count) }

    mutating func read(eventLimit: Int) throws -> FeedBatch {
        var batch = SourceBatch<Output>(eventLimit: eventLimit)
        let progress = try reader.read(into: &batch)
        let (values, times, count) = batch.builder.take(capacity: 1)
        return FeedBatch(values: values, times: times, count: count, progress: progress)
    }
}
