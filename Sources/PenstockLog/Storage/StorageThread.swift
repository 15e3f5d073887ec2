internal import Dispatch

/// A thread on which files may block: the executor of the actors that write, sync, read and verify, and of tasks that begin there.
///
/// A serial queue of Dispatch stands for the thread: it is outside the pool of Swift concurrency, and an idle one costs nothing. A
/// storage with a scheduler gets the work instead.
final class StorageThread: SerialExecutor, TaskExecutor {
    private let run: @Sendable (@escaping @Sendable () -> Void) -> Void

    init(label: String, scheduler: (any StorageScheduler)? = nil) {
        if let scheduler {
            run = { scheduler.schedule(on: label, $0) }
        } else {
            let queue = DispatchQueue(label: label)
            run = { queue.async(execute: $0) }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        run {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}
