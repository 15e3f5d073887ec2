public import PenstockEngine
internal import PenstockEvents

/// A source that gives what a `FlowTest` sends to it, when it is sent.
///
/// ```swift
/// let readings = ScriptedSource("readings", of: Reading.self, disorder: .bounded(by: .seconds(2)), partitions: 2)
/// ```
///
/// It keeps all it was ever given, so that a run can go on in it from a checkpoint. An object belongs to one test.
public final class ScriptedSource<Output: Sendable>: Source {
    /// What tests and messages call it.
    public let name: String
    /// How far out of order its events can be.
    public let disorder: Disorder
    /// The number of partitions.
    public let partitionCount: Int

    private let partitions: Guarded<[Script]>

    /// What a partition gives.
    private enum Item: Sendable {
        case event(Output, Timestamp)
        case control(ControlRecord)
        case end
    }

    private struct Script: Sendable {
        var items: [Item] = []
        /// How many of them can be read.
        var released = 0
    }

    /// A source without events whose partitions have not ended.
    public init(_ name: String, of type: Output.Type = Output.self, disorder: Disorder, partitions: Int = 1) {
        precondition(partitions > 0, "a source needs a partition")
        self.name = name
        self.disorder = disorder
        partitionCount = partitions
        self.partitions = Guarded(Array(repeating: Script(), count: partitions))
    }

    /// What it is.
    public var summary: String { "script \(name)" }

    /// Reads a partition as far as the test has come.
    public func open(_ partition: Int, context: SourceContext) -> any SourceReader<Output> {
        Reader(source: self, partition: partition)
    }

    func add(_ value: Output, at time: Timestamp, to partition: Int) { add(.event(value, time), to: partition) }

    private func add(_ item: Item, to partition: Int) { partitions.withLock { $0[partition].items.append(item) } }

    /// At most `limit` items that can be read from `start` on.
    private func items(of partition: Int, from start: Int, limit: Int) -> ArraySlice<Item> {
        partitions.withLock { partitions in
            let script = partitions[partition]
            return script.items[start..<max(start, min(script.released, start + limit))]
        }
    }

    private struct Reader: SourceReader {
        let source: ScriptedSource<Output>
        let partition: Int
        var next = 0

        mutating func read(into batch: inout SourceBatch<Output>) -> SourceProgress {
            // One more than fits, since what follows the events comes with them.
            for item in source.items(of: partition, from: next, limit: batch.remaining + 1) {
                switch item {
                case .event where batch.isFull: return .more
                case .event(let value, let time): batch.append(value, time: time)
                case .control(let record):
                    next += 1
                    return .control(record)
                case .end: return .end
                }
                next += 1
            }
            return .more
        }
    }
}

/// A scripted source without the type of its events, as tests hold several.
protocol AnyScriptedSource: AnyObject, Sendable {
    var name: String { get }
    var partitionCount: Int { get }

    func add(_ record: ControlRecord, to partition: Int)
    func addEnd(to partition: Int)

    /// Lets the next item of a partition be read.
    func release(_ partition: Int)

    /// Lets nothing be read any more: a new run begins.
    func rewind()
}

extension ScriptedSource: AnyScriptedSource {
    func add(_ record: ControlRecord, to partition: Int) { add(.control(record), to: partition) }

    func addEnd(to partition: Int) { add(.end, to: partition) }

    func release(_ partition: Int) { partitions.withLock { $0[partition].released += 1 } }

    func rewind() {
        partitions.withLock { partitions in
            for partition in partitions.indices { partitions[partition].released = 0 }
        }
    }
}
