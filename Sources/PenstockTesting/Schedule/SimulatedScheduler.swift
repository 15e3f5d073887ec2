internal import Dispatch
internal import PenstockEvents
public import PenstockLog

/// Runs a whole simulation, tasks and storage threads alike, on one thread in an order that its seed decides.
///
/// Which of the threads goes on is drawn anew before every piece of work, so that one of them may be slow, or stand still for a
/// while, where another is fast. The order repeats itself as long as everything happens inside of `run`: unstructured tasks must
/// be given an executor (`Task(executorPreference:)`), and nobody may wait for the time of day.
public final class SimulatedScheduler: StorageScheduler, TaskExecutor {
    private struct Line {
        let name: String
        var work: [@Sendable () -> Void] = []
        var taken = 0
    }

    private struct State {
        var random: SeededRandom
        var lines: [Line] = []
        var isWaiting = false
    }

    private static let tasks = "tasks"

    private let state: Guarded<State>
    private let wake = DispatchSemaphore(value: 0)

    /// A scheduler whose order `seed` decides.
    public init(seed: UInt64) { state = Guarded(State(random: SeededRandom(seed: seed))) }

    /// Takes work for the thread `name`, and returns before it runs.
    public func schedule(on name: String, _ work: @escaping @Sendable () -> Void) {
        let wakes = state.withLock { state in
            let line = state.lines.firstIndex { $0.name == name } ?? state.lines.count
            if line == state.lines.count { state.lines.append(Line(name: name)) }
            state.lines[line].work.append(work)
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if wakes { wake.signal() }
    }

    /// Takes a piece of a task.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        schedule(on: Self.tasks) { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs `body` and everything that comes of it, and returns its result; nil where it waits for something that never comes.
    ///
    /// - Parameter patience: how long nothing may happen until `body` counts as stuck.
    public func run<Result: Sendable>(
        patience: Duration = .seconds(20), _ body: @escaping @Sendable () async -> Result
    ) async -> Result? {
        let box = ResultBox<Result>()
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "penstock-testing.scheduler").async {
                Task(executorPreference: self) {
                    let value = await body()
                    box.value.withLock { $0 = value }
                }
                self.loop(patience: patience) { box.value.withLock { $0 != nil } }
                continuation.resume()
            }
        }
        return box.value.withLock { $0 }
    }

    // Until there is a result and nothing left to do, or nothing happens any more.
    private func loop(patience: Duration, isDone: () -> Bool) {
        let wait =
            Int(patience.components.seconds) * 1000 + Int(patience.components.attoseconds / 1_000_000_000_000_000)
        while true {
            if let work = take() {
                work()
            } else if isDone() || wake.wait(timeout: .now() + .milliseconds(wait)) == .timedOut {
                return state.withLock { $0.isWaiting = false }
            }
        }
    }

    private func take() -> (@Sendable () -> Void)? {
        state.withLock { state in
            let ready = state.lines.indices.filter { state.lines[$0].taken < state.lines[$0].work.count }
            guard !ready.isEmpty else {
                state.isWaiting = true
                return nil
            }
            let line = ready[ready.count == 1 ? 0 : state.random.below(ready.count)]
            defer {
                state.lines[line].taken += 1
                if state.lines[line].taken == state.lines[line].work.count {
                    state.lines[line].work.removeAll(keepingCapacity: true)
                    state.lines[line].taken = 0
                }
            }
            return state.lines[line].work[state.lines[line].taken]
        }
    }
}

private final class ResultBox<Result: Sendable>: Sendable {
    let value: Guarded<Result?>

    init() { value = Guarded(nil) }
}
