internal import CTaskHook
internal import Dispatch
internal import PenstockEvents
public import PenstockLog

/// Runs a whole simulation, tasks and threads alike, on one thread in an order that its seed decides, and lets its time jump from one event
/// to the next.
///
/// Which of the threads goes on is drawn anew before every piece of work, so that one of them may be slow, or stand still for a
/// while, where another is fast. When none of them has anything to do, the scheduler's clock goes on to the next moment for which something
/// was asked. Every task that the work begins runs here too, also unstructured and detached ones. What a process does belongs to it with all
/// that comes of it, until something is sent to another one; so a process can be stopped as a whole. The order repeats itself as
/// long as everything happens inside of `run`, and nobody waits for the time of day.
public final class SimulatedScheduler: StorageScheduler, TaskExecutor {
    private struct State {
        var random: SeededRandom
        var lines = SimulatedLines()
        var timers = SimulatedTimers()
        /// Nanoseconds since the simulation began.
        var now: Int64 = 0
        /// Which process is at work; that without a name is of nobody.
        var process = ""
        var isWaiting = false
        var isRunning = false
    }

    private static let tasks = "tasks"
    private static let timers = "timers"

    private let state: Guarded<State>
    private let wake = DispatchSemaphore(value: 0)
    /// Of a scheduler that runs what it is given at once.
    private let queue: DispatchQueue?

    /// A scheduler whose order `seed` decides.
    ///
    /// - Parameters:
    ///   - seed: decides the order.
    ///   - runsAtOnce: whether work is run when it comes, on a thread of the system and not inside of `run`: for simulated parts that
    ///     are used from outside of a simulation. Nothing repeats itself then.
    public init(seed: UInt64, runsAtOnce: Bool = false) {
        state = Guarded(State(random: SeededRandom(seed: seed)))
        queue = runsAtOnce ? DispatchQueue(label: "penstock-testing.scheduler") : nil
    }

    /// The time of the simulation, which begins with it at zero.
    ///
    /// - Parameter process: of which what waits by this clock is a part; that without a name is never stopped.
    public func clock(of process: String = "") -> SimulatedClock { SimulatedClock(scheduler: self, process: process) }

    /// Nanoseconds since the simulation began.
    var nanoseconds: Int64 { state.withLock { $0.now } }

    /// Takes work for the thread `name` of the process that is at work, and returns before it runs.
    public func schedule(on name: String, _ work: @escaping @Sendable () -> Void) {
        hasWork { $0.lines.add(work, to: name, of: $0.process) }
    }

    /// Takes work for a thread of a process.
    func schedule(on name: String, of process: String, _ work: @escaping @Sendable () -> Void) {
        hasWork { $0.lines.add(work, to: name, of: process) }
    }

    /// Takes work of a process for a moment of the simulation's time; what is due at the same moment is done in the order of asking.
    func call(at nanoseconds: Int64, of process: String = "", _ work: @escaping @Sendable () -> Void) {
        hasWork { state in
            let add: @Sendable () -> Void = { self.schedule(on: Self.timers, of: process, work) }
            state.timers.add(add, at: max(nanoseconds, state.now))
        }
    }

    /// Lets a process do nothing for a time, as a signal or a busy machine does: its clock goes on meanwhile.
    public func stop(_ process: String, for pause: Duration) {
        state.withLock { $0.lines.stop(process) }
        call(at: nanoseconds + pause.nanoseconds) { self.hasWork { $0.lines.go(process) } }
    }

    /// Lets the process that is at work stand still right here, in the middle of what it does, while all others go on.
    ///
    /// Called from within its work, which goes on when the call returns: after `pause`, or later where another process stands still in the
    /// middle of its own work by then. The caller must not hold a lock that other processes need.
    public func standStill(for pause: Duration) {
        let isOver = Guarded(false)
        let process = state.withLock { state in
            state.lines.stop(state.process)
            state.timers.add({ isOver.withLock { $0 = true } }, at: state.now + pause.nanoseconds)
            return state.process
        }
        while !isOver.withLock({ $0 }), let work = take() ?? takeTimer(before: .max) { work() }
        state.withLock { state in
            state.lines.go(process)
            state.process = process
        }
    }

    /// Takes a piece of a task.
    public func enqueue(_ job: consuming ExecutorJob) { take(UnownedJob(job)) }

    fileprivate func take(_ job: UnownedJob) {
        schedule(on: Self.tasks) { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    private func hasWork(_ add: (inout State) -> Void) {
        let (wakes, begins) = state.withLock { state in
            add(&state)
            defer { (state.isWaiting, state.isRunning) = (false, state.isRunning || queue != nil) }
            return (state.isWaiting, queue != nil && !state.isRunning)
        }
        if wakes { wake.signal() }
        if begins { queue?.async { self.runAll() } }
    }

    /// Runs `body` and everything that comes of it, and returns its result; nil where it waits for something that never comes.
    ///
    /// - Parameters:
    ///   - patience: how long nothing may happen until `body` counts as stuck.
    ///   - horizon: how much time of the simulation may pass until then.
    public func run<Result: Sendable>(
        patience: Duration = .seconds(20), horizon: Duration = .seconds(24 * 3600),
        _ body: @escaping @Sendable () async -> Result
    ) async -> Result? {
        let box = ResultBox<Result>()
        Task(executorPreference: self) {
            let value = await body()
            box.value.withLock { $0 = value }
        }
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "penstock-testing.scheduler").async {
                self.takingTasks {
                    self.loop(patience: patience, horizon: horizon.nanoseconds) { box.value.withLock { $0 != nil } }
                }
                continuation.resume()
            }
        }
        return box.value.withLock { $0 }
    }

    private func takingTasks(_ body: () -> Void) {
        penstock_take_tasks(
            { context, job in
                guard let context, let job else { return }
                let scheduler = Unmanaged<SimulatedScheduler>.fromOpaque(context).takeUnretainedValue()
                scheduler.take(unsafeBitCast(job, to: UnownedJob.self))
            }, Unmanaged.passUnretained(self).toOpaque())
        body()
        penstock_take_tasks(nil, nil)
    }

    // Until there is a result and nothing left to do, or nothing happens any more.
    private func loop(patience: Duration, horizon: Int64, isDone: () -> Bool) {
        let wait =
            Int(patience.components.seconds) * 1000 + Int(patience.components.attoseconds / 1_000_000_000_000_000)
        while true {
            let hasTime = state.withLock { ($0.timers.next ?? 0) < horizon }
            if let work = take() {
                work()
            } else if isDone() {
                return state.withLock { $0.isWaiting = false }
            } else if let work = takeTimer(before: horizon) {
                work()
            } else if !hasTime || wake.wait(timeout: .now() + .milliseconds(wait)) == .timedOut {
                return state.withLock { $0.isWaiting = false }
            }
        }
    }

    // Of a scheduler that runs at once: until there is nothing to do for now.
    private func runAll() {
        while true {
            if let work = take() ?? takeTimer(before: .max) {
                work()
                continue
            }
            let isOver = state.withLock { state in
                guard state.timers.isEmpty, state.lines.isEmpty else { return false }
                state.isRunning = false
                return true
            }
            if isOver { return }
        }
    }

    private func take() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let (process, work) = state.lines.take(&state.random) else {
                state.isWaiting = state.timers.isEmpty
                return nil
            }
            state.process = process
            return work
        }
    }

    // Lets the time go on to what is asked for next.
    private func takeTimer(before horizon: Int64) -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let due = state.timers.next, due < horizon, let work = state.timers.take() else { return nil }
            (state.now, state.process) = (due, "")
            return work
        }
    }
}

private final class ResultBox<Result: Sendable>: Sendable {
    let value: Guarded<Result?>

    init() { value = Guarded(nil) }
}
