internal import PenstockEvents

/// The tasks in which the function of a stage runs, and what they have come to. None of them is left when `close` has returned.
final class AsyncCalls<Out: Sendable>: Sendable {
    /// The end of a call.
    struct Answer: Sendable {
        let call: UInt64
        let result: Result<Out, any Error>
    }

    private struct State {
        var running: [UInt64: Task<Void, Never>] = [:]
        var answers: [Answer] = []
    }

    private let state = Guarded(State())

    /// Begins a call; `waker` is told of its end.
    func begin(_ call: UInt64, _ waker: Waker, _ body: @escaping @concurrent @Sendable () async throws -> Out) {
        state.withLock { state in
            state.running[call] = Task.detached {
                let result: Result<Out, any Error>
                do { result = .success(try await body()) } catch { result = .failure(error) }
                self.end(Answer(call: call, result: result))
                waker.wake()
            }
        }
    }

    private func end(_ answer: Answer) {
        state.withLock { state in
            state.running[answer.call] = nil
            state.answers.append(answer)
        }
    }

    /// The calls that have come to their end since this was last asked, in the order in which they did.
    func takeAnswers() -> [Answer] {
        state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
    }

    /// Asks a call to end; nobody waits for it any more.
    func cancel(_ call: UInt64) { state.withLock { $0.running[call] }?.cancel() }

    /// Asks all calls to end and waits until they have.
    func close() async {
        let running = state.withLock { Array($0.running.values) }
        for task in running { task.cancel() }
        for task in running { await task.value }
    }
}
