import Synchronization

@testable import PenstockEngine

/// Stops a run from inside of it.
final class Stopper: Sendable {
    let run = Mutex<PipelineRun?>(nil)

    func stop() { run.withLock { $0?.stop() } }
}
