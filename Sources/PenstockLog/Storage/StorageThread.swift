internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A thread on which files may block, or that nobody else is to keep busy: the executor of the actors that write, sync, read and verify, and of tasks that begin there.
///
/// A serial queue of Dispatch stands for the thread: it is outside the pool of Swift concurrency, and an idle one costs nothing. A
/// storage with a scheduler gets the work instead.
package final class StorageThread: SerialExecutor, TaskExecutor {
    private let schedule: @Sendable (@escaping @Sendable () -> Void) -> Void
    /// The system's thread that runs a piece of work, or 0.
    private let current = Atomic<UInt>(0)

    package init(label: String, scheduler: (any StorageScheduler)? = nil) {
        if let scheduler {
            schedule = { scheduler.schedule(on: label, $0) }
        } else {
            let queue = DispatchQueue(label: label)
            schedule = { queue.async(execute: $0) }
        }
    }

    /// Runs `work` behind what was handed over before. For an actor of this thread that costs less than a task does.
    func run(_ work: @escaping @Sendable () -> Void) {
        schedule {
            self.current.store(UInt(pthread_self()), ordering: .relaxed)
            work()
            self.current.store(0, ordering: .relaxed)
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        run {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }

    package func checkIsolated() {
        precondition(
            current.load(ordering: .relaxed) == UInt(pthread_self()), "work of a storage thread runs on that thread")
    }
}
