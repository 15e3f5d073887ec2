import PenstockEvents

@testable import PenstockEngine

/// Stops a run from inside of it.
final class Stopper: Sendable {
    let run = Guarded<PipelineRun?>(nil)

    func stop() { run.withLock { $0?.stop() } }
}
