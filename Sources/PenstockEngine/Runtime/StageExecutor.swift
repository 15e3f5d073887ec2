internal import Dispatch

/// The thread of a stage: a serial queue, so that a stage that blocks (on a file, in a long computation) keeps nobody else waiting.
final class StageExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(name: String) { queue = DispatchQueue(label: "penstock.stage.\(name)") }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
