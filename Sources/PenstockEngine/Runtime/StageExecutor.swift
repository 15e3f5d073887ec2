internal import Dispatch

/// The thread of a stage: a serial queue, so that a stage that blocks (on a file, in a long computation) keeps nobody else waiting.
final class StageExecutor: SerialExecutor {
    private let queue: DispatchQueue
    /// For the task that works in the stage.
    let tasks: StageTaskExecutor

    init(name: String) {
        queue = DispatchQueue(label: "penstock.stage.\(name)")
        tasks = StageTaskExecutor(queue: queue)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.tasks.asUnownedTaskExecutor())
        }
    }
}

/// Where the task of a stage is while it is in no actor: on the stage's thread too.
///
/// A continuation that has been resumed goes on there before it comes back to its actor. By way of the pool of all tasks each wait of a stage
/// would wake a second thread.
final class StageTaskExecutor: TaskExecutor {
    private let queue: DispatchQueue

    init(queue: DispatchQueue) { self.queue = queue }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
