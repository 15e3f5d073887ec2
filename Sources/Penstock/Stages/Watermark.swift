public import PenstockEngine

/// Lets the watermarks of a source run over the events that come here, instead of over all that the source gives.
///
/// ```swift
/// From(NexmarkEvents())
/// Filter { (event: NexmarkEvent) in event.isBid }
/// Watermark(.bounded(by: .seconds(2)))
/// ```
///
/// It stands behind a source and stages that take events one by one (`Map`, `Filter`), before keys, windows, merges and joins. Each partition
/// keeps its own watermark; what the source itself says of its disorder no longer counts.
public struct Watermark: Stage {
    let disorder: Disorder
    /// The name that the author gave.
    public var options = StageOptions()

    /// The events that come here are out of order as far as `disorder` says.
    public init(_ disorder: Disorder) { self.disorder = disorder }

    var description: StageDescription { StageDescription(.watermark(disorder), label: "Watermark", options) }
}

extension Watermark: EventStage {}
extension Watermark: TrunkStage {}

extension FlowBuilder {
    /// Lets the source's watermarks run over the events that come here.
    public static func buildPartialBlock<Value>(accumulated: Stream<Value>, next: Watermark) -> Stream<Value> {
        Stream(stages: accumulated.stages + [next.description])
    }

    /// Not possible: a watermark behind a key.
    @available(*, unavailable, message: "Watermark(...) belongs to a source: put it before KeyBy(...)")
    public static func buildPartialBlock<Key, Value>(accumulated: Keyed<Key, Value>, next: Watermark) -> Broken {
        Broken()
    }
}
