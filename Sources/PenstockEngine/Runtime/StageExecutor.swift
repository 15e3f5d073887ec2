internal import Dispatch

/// The thread of a stage: a serial queue, so that a stage that blocks (on a file, in a long computation) keeps nobody else waiting.
///
/// It is the executor of the stage's actor and the preferred one of the task that works in it. A continuation goes on where its task
/// prefers to be before it comes back to its actor: by way of the pool of all tasks each wait of a stage would wake a second thread.
final class StageExecutor: SerialExecutor, TaskExecutor {
    private let queue: DispatchQueue

    init(name: String) { queue = DispatchQueue(label: "penstock.stage.\(name)") }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}
