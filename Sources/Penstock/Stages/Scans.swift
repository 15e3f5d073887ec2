public import PenstockEngine
public import PenstockEvents

/// Cuts a stream into scans that begin and end with events of their own: one row for each scan, with its events.
///
/// ```swift
/// KeyBy(\Record.instrument)                              // each instrument scans by itself
/// Scans { (r: Record) in r.mark }
/// ```
///
/// An event with begin <= t < end belongs to the scan; the row comes when the watermark has passed its last instant. A begin that finds a scan
/// open closes it, and it is not complete then.
public struct Scans<ID: EventKey, Value: Sendable>: Stage {
    let mark: @Sendable (Value) -> ScanMark<ID>
    let maxDuration: Int64?
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Scans of the events that `mark` tells apart: begins, ends and data. With `maxDuration` a scan is closed when it has lasted so long.
    public init(maxDuration: Duration? = nil, _ mark: @escaping @Sendable (Value) -> ScanMark<ID>) {
        self.mark = mark
        self.maxDuration = maxDuration?.nanoseconds
    }
}

/// Cuts a keyed stream into scans that end by count: the key is the scan, and each of its producers says at its end how many events it sent.
///
/// ```swift
/// KeyBy(\Frame.scan)
/// CountedScans(producers: 2) { (f: Frame) in f.part }
/// ```
public struct CountedScans<Value: Sendable>: Stage {
    let part: @Sendable (Value) -> ScanPart
    let producers: Int
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Scans of the events that `part` tells apart. `producers` is how many a scan has whose begin does not list them.
    public init(producers: Int = 1, _ part: @escaping @Sendable (Value) -> ScanPart) {
        self.part = part
        self.producers = producers
    }
}

extension Scans: EventStage {}
extension Scans: TrunkStage {}
extension CountedScans: EventStage {}
extension CountedScans: TrunkStage {}

extension FlowBuilder {
    /// Scans of each key.
    public static func buildPartialBlock<Key, Value, ID>(
        accumulated: Keyed<Key, Value>, next: Scans<ID, Value>
    ) -> Stream<Scan<ID, Value>> {
        let operation = AnyOperator(scansOf: Key.self, isKeyed: true, maxDuration: next.maxDuration, next.mark)
        return Stream(
            stages: accumulated.stages + [StageDescription(.operation(operation), label: "Scans", next.options)])
    }

    /// Scans of a stream without keys.
    public static func buildPartialBlock<Value, ID>(
        accumulated: Stream<Value>, next: Scans<ID, Value>
    ) -> Stream<Scan<ID, Value>> {
        let operation = AnyOperator(scansOf: Int.self, isKeyed: false, maxDuration: next.maxDuration, next.mark)
        return Stream(
            stages: accumulated.stages + [StageDescription(.operation(operation), label: "Scans", next.options)])
    }

    /// Scans that end by count; the key names them.
    public static func buildPartialBlock<Key, Value>(
        accumulated: Keyed<Key, Value>, next: CountedScans<Value>
    ) -> Stream<CountedScan<Key, Value>> {
        let operation = AnyOperator(countedScansOf: Key.self, producers: next.producers, next.part)
        return Stream(
            stages: accumulated.stages + [StageDescription(.operation(operation), label: "CountedScans", next.options)])
    }

    /// Not possible: scans by name without a name.
    @available(*, unavailable, message: "CountedScans needs the scan as the key: put KeyBy(...) before it")
    public static func buildPartialBlock<Value, In>(accumulated: Stream<Value>, next: CountedScans<In>) -> Broken {
        Broken()
    }
}
