internal import PenstockEvents

/// The timers of the keys of an instance that are set for the machine's clock, by the time of day. Belongs to one stage actor and is used on its
/// thread only.
final class ClockTimers {
    let queue = TimerQueue()
    private var clock: (any RunClock)?
    /// Whether a timer was set by a process that did not say that it would.
    private(set) var isUndeclared = false
    private let isDeclared: Bool

    init(isDeclared: Bool) { self.isDeclared = isDeclared }

    func begin(_ clock: any RunClock) { self.clock = clock }

    /// The time of day.
    var now: Int64 { clock?.timeOfDay ?? 0 }

    /// When the next timer is due, by the run's clock.
    var wakeInstant: Int64? { queue.firstTime.map { $0 - (clock?.epoch ?? 0) } }

    /// Sets a timer of the key whose handler runs.
    func add(_ timer: TimerQueue.Timer, slot: Int, _ keys: KeyTable) {
        if !isDeclared { isUndeclared = true }
        queue.add(timer, slot: slot, clock: now, keys)
    }
}

/// A process has set a timer for the machine's clock and not said that it would.
struct ProcessingTimeUndeclared: Diagnostic {
    let stage: StageName

    var summary: String {
        "stage \(stage) sets timers for the machine's clock, but does not say that it uses processing time"
    }
    var hint: String? { "add `var usesProcessingTime: Bool { true }` to the process" }
    var category: FailureCategory { .usage }
}

extension KeyedProcessor {
    /// What the machine's clock asks for: the timers that are due.
    mutating func fireClockTimers(upTo limit: Int64) throws {
        while let (slot, timer) = clockTimers.queue.take(upTo: limit, keys) { try fireClockTimer(timer, slot) }
        for slot in clockTimers.queue.sweep(keys) { forget(slot) }
    }

    /// Runs the handler at an instant of event time that no watermark has passed, so that its rows may leave at once.
    mutating func fireClockTimer(_ timer: TimerQueue.Timer, _ slot: Int) throws {
        let instant = forwarded > .distantPast ? max(clock, forwarded.nanoseconds + 1) : clock
        clockReach = instant
        try fire(timer, slot, at: instant, isProcessingTime: true)
    }
}
