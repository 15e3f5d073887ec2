internal import PenstockEvents

/// The streams of a coordinator: what each gives is fetched by a task, and an element that is as the one before is left out.
package final class Updates: Sendable {
    private struct State {
        var isClosed = false
        var tasks: [UInt64: Task<Void, Never>] = [:]
        /// Of those that had ended before they could be noted.
        var ended: Set<UInt64> = []
        var next: UInt64 = 0
    }

    private let state = Guarded(State())

    package init() {}

    /// A stream whose elements `fetch` hands over, until it returns. Who reads slowly gets the newest element only.
    package func stream<Element: Equatable & Sendable>(
        _ fetch: @escaping @Sendable (_ yield: @escaping @Sendable (Element) -> Void) async -> Void
    ) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed else { return nil }
            defer { state.next += 1 }
            return state.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        let last = Guarded<Element?>(nil)
        let task = Task {
            await fetch { element in
                // Within the lock, so that elements leave in the order in which they were compared.
                last.withLock { last in
                    guard last != element else { return }
                    last = element
                    continuation.yield(element)
                }
            }
            continuation.finish()
            self.state.withLock { state in
                if state.tasks.removeValue(forKey: number) == nil, !state.isClosed { state.ended.insert(number) }
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        let isClosed = state.withLock { state in
            if !state.isClosed, state.ended.remove(number) == nil { state.tasks[number] = task }
            return state.isClosed
        }
        if isClosed { task.cancel() }
        return stream
    }

    /// Ends all streams.
    package func close() {
        let tasks = state.withLock { state in
            state.isClosed = true
            defer { state.tasks = [:] }
            return state.tasks.valuesInOrder
        }
        for task in tasks { task.cancel() }
    }
}
