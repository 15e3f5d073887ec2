internal import PenstockEvents
internal import PenstockLog

/// Waits at the end of a partition for more records, while the stage that reads it looks after other things.
///
/// Nobody else uses the reader meanwhile.
final class EndWatch: Sendable {
    private let outcome = Guarded<Result<Void, LogError>?>(nil)
    private let task = Guarded<Task<Void, Never>?>(nil)

    /// Begins to wait; rings the bell when that is over.
    init(_ reader: any TopicReader, _ bell: SourceBell) {
        let task = Task { [outcome] in
            let result: Result<Void, LogError>
            do throws(LogError) {
                try await reader.waitForMore()
                result = .success(())
            } catch {
                result = .failure(error)
            }
            outcome.withLock { $0 = result }
            bell.ring()
        }
        self.task.withLock { $0 = task }
    }

    /// Whether there is more.
    /// - Throws: `LogError` where waiting failed.
    func isOver() throws(LogError) -> Bool {
        switch outcome.withLock({ $0 }) {
        case .success: return true
        case .failure(let error): throw error
        case nil: return false
        }
    }

    /// Waits no longer, and returns when that is so.
    func cancel() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }
}
