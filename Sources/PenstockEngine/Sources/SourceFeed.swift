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

    mutating func read(eventLimit: Int) throws -> FeedBatch {
        var batch = SourceBatch<Output>(eventLimit: eventLimit)
        let progress = try reader.read(into: &batch)
        let (values, times, count) = batch.builder.take(capacity: 1)
        return FeedBatch(values: values, times: times, count: count, progress: progress)
    }
}
