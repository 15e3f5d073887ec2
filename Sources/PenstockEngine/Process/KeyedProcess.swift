public import PenstockEvents

/// Work on the events of each key one after the other, with states and timers.
///
/// ```swift
/// struct Silence: KeyedProcess {
///     let last = ValueState("last", of: Reading.self)
///
///     func process(
///         _ reading: Reading, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Alarm>,
///         context: ProcessContext<UInt64>
///     ) {
///         state[last] = reading
///         timers.cancel("silence")
///         timers.set("silence", at: Timestamp(nanoseconds: context.clock.nanoseconds + 60_000_000_000))
///     }
///
///     func onTimer(
///         _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Alarm>,
///         context: ProcessContext<UInt64>
///     ) {
///         if let reading = state[last] { output.append(Alarm(sensor: context.key, last: reading)) }
///     }
/// }
/// ```
///
/// The process holds parameters and the names of its states; what it remembers of a key is in the states. Events come in canonical order: by
/// effective time, then by origin, then by sequence, and timers between them. So the result is the same however fast partitions are read,
/// however the events are cut into batches and whatever the parallelism.
public protocol KeyedProcess<Key, In, Out>: Sendable {
    /// The type by which the stream is keyed.
    associatedtype Key: EventKey
    /// The type of the events that come in.
    associatedtype In: Sendable
    /// The type of the events that go out.
    associatedtype Out: Sendable

    /// The states that are kept for each key. By default the stored properties that are states.
    var states: [any StateDescriptor] { get }

    /// Whether the process sets timers for the machine's clock. By default it does not; one that does gives results that no replay repeats.
    var usesProcessingTime: Bool { get }

    /// Handles an event. What it throws ends the run and names the event.
    func process(
        _ event: In, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Out>,
        context: ProcessContext<Key>) throws

    /// Handles a timer that was set for the key. By default nothing happens.
    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Out>,
        context: ProcessContext<Key>) throws
}

extension KeyedProcess {
    /// The stored properties that are states.
    public var states: [any StateDescriptor] {
        Mirror(reflecting: self).children.compactMap { $0.value as? any StateDescriptor }
    }

    /// It does not.
    public var usesProcessingTime: Bool { false }

    /// Does nothing.
    public func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Out>,
        context: ProcessContext<Key>
    ) throws {}
}

/// What a handler may know beside the event or the timer.
public struct ProcessContext<Key: EventKey> {
    /// The stage.
    public let stage: StageName
    /// How far event time has come: the effective time of the event, or the time of the timer. It never falls.
    public let clock: Timestamp
    /// The time of the event, or of the timer.
    public let time: Timestamp
    /// Whether the event is further out of order than its source's bound allows, so that the clock is ahead of its time.
    public let isBehind: Bool
    /// Takes remarks for the user.
    public let report: @Sendable (RunRemark) -> Void

    let hash: UInt64
    let bytes: [UInt8]
    /// Whether the key was done with before: its states are gone.
    var isFinished = false

    /// The key.
    public var key: Key { Key(storedHash: hash, bytes: bytes) }
}

/// Where a handler puts its events.
public struct ProcessOutput<Value: Sendable> {
    struct Row {
        let value: Value
        let time: Int64
        let isAtEnd: Bool
    }

    /// An event of the input that leaves at the side.
    struct Aside {
        let port: SidePort
        let value: any Sendable
        let time: Int64
        let effectiveTime: Int64
        var hash: UInt64 = 0
        var keyBytes: [UInt8] = []
    }

    var rows: [Row] = []
    /// Events of the input that leave at the side, with their times, and the effective time where that is another one.
    var asides: [Aside] = []
    var clock = Int64.min
    /// Whether the key is done with, once its states are gone: it stays known as such.
    var finishesKey = false
    /// An instant before the clock that was asked for.
    var illegalTime: Int64?

    /// Puts an event out, with the clock as its time.
    public mutating func append(_ value: Value) { rows.append(Row(value: value, time: clock, isAtEnd: false)) }

    /// Puts an event out with a time of its own, which must not be before the clock.
    public mutating func append(_ value: Value, at time: Timestamp) {
        if time.nanoseconds < clock || !time.isUsable { illegalTime = time.nanoseconds }
        rows.append(Row(value: value, time: time.nanoseconds, isAtEnd: false))
    }

    /// Lets an event of the input leave at a side.
    mutating func leave(_ event: any Sendable, at port: SidePort, time: Timestamp, effective: Int64) {
        asides.append(
            Aside(
                port: port, value: event, time: time.nanoseconds,
                effectiveTime: max(effective, time.nanoseconds)))
    }

    /// Puts an event out whose time the watermark has not been told of.
    mutating func appendHeld(_ value: Value, at time: Int64, isAtEnd: Bool = false) {
        rows.append(Row(value: value, time: time, isAtEnd: isAtEnd))
    }
}

/// A timer whose instant has come.
public struct FiredTimer: Sendable, Hashable {
    /// The name under which it was set.
    public let name: String
    /// The instant for which it was set.
    public let time: Timestamp
    /// Whether it fires only because the input has ended: its instant lies behind all events and watermarks of the input.
    public let isEndOfInput: Bool
    /// Whether it was set for the machine's clock, by `setProcessing`.
    public var isProcessingTime = false
}

/// The timers of the key whose handler runs: those of event time, and those of the machine's clock.
public struct KeyTimers {
    let queue: TimerQueue
    /// Those of the machine's clock.
    let clockQueue: ClockTimers
    let keys: KeyTable
    let slot: Int
    let clock: Int64
    let hasEnded: Bool

    /// Sets a timer: it fires behind all events with an effective time up to `time`, and before all others. Setting it twice is setting it
    /// once. A timer for the clock or before it fires as soon as the handler has returned. Once the input has ended no timer can be set:
    /// then the result is false.
    @discardableResult public mutating func set(_ name: String = "", at time: Timestamp) -> Bool {
        guard !hasEnded, time.nanoseconds < .max else { return false }
        queue.add(TimerQueue.Timer(time: time.nanoseconds, name: name), slot: slot, clock: clock, keys)
        return true
    }

    /// Cancels all timers of this name.
    public mutating func cancel(_ name: String = "") { queue.cancel(name, at: nil, slot: slot) }

    /// Cancels the timer of this name at `time`.
    public mutating func cancel(_ name: String = "", at time: Timestamp) {
        queue.cancel(name, at: time.nanoseconds, slot: slot)
    }

    // MARK: The machine's clock

    /// The time of day by the machine's clock, which only goes forward. For processes that say `usesProcessingTime`.
    public var processingTime: Timestamp { Timestamp(nanoseconds: clockQueue.now) }

    /// Sets a timer for the machine's clock: it fires when the time of day has come to `time`, whether or not events come. Setting it twice is setting
    /// it once. Once the input has ended no timer can be set: then the result is false. The process has to say that it `usesProcessingTime`.
    @discardableResult public mutating func setProcessing(_ name: String = "", at time: Timestamp) -> Bool {
        guard !hasEnded, time.nanoseconds < .max else { return false }
        clockQueue.add(TimerQueue.Timer(time: time.nanoseconds, name: name), slot: slot, keys)
        return true
    }

    /// Cancels all timers of this name that were set for the machine's clock.
    public mutating func cancelProcessing(_ name: String = "") { clockQueue.queue.cancel(name, at: nil, slot: slot) }

    /// Cancels the timer of this name that was set for the machine's clock at `time`.
    public mutating func cancelProcessing(_ name: String = "", at time: Timestamp) {
        clockQueue.queue.cancel(name, at: time.nanoseconds, slot: slot)
    }
}

/// A process of the library that has a say in what the engine does around it.
protocol OrderedProcess: KeyedProcess {
    /// How far before its effective time an event has its turn at most, in nanoseconds.
    var delay: Int64 { get }

    /// When an event with this effective time has its turn.
    func turn(of event: In, at effectiveTime: Int64) -> PendingRows.Turn

    /// The earliest time that a later row of the key may have, if that can be before the clock.
    func hold(_ state: KeyedState) -> Int64?

    /// The input has ended, and all timers of the key have fired. `last` is the largest finite time of the input.
    func finish(last: Int64, state: KeyedState, output: inout ProcessOutput<Out>) throws
}
