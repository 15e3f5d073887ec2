internal import Dispatch

/// A thread on which files may block: the executor of the actors that write, sync, read and verify.
///
/// A serial queue of Dispatch stands for the thread: it is outside the pool of Swift concurrency, and an idle one costs nothing.
final class StorageThread: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
