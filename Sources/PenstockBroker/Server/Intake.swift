internal import PenstockEvents

/// How much of what a client sends is taken in: the rest stays with the client until there is room.
final class Intake: Sendable {
    private struct State {
        var bytes = 0
        var waiting: [(byteCount: Int, begin: @Sendable () -> Void)] = []
    }

    private let byteLimit: Int
    private let state = Guarded(State())

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Whether something is on its way, here, or waits for room.
    var isBusy: Bool { state.withLock { $0.bytes > 0 || !$0.waiting.isEmpty } }

    /// Calls `begin` once, in order with others, when there is room for so many bytes: now, or on the thread that gives room. What is larger
    /// than the limit has room when there is nothing else.
    func whenRoom(_ byteCount: Int, _ begin: @escaping @Sendable () -> Void) {
        let isThere = state.withLock { state in
            guard state.waiting.isEmpty, hasRoom(byteCount, state) else {
                state.waiting.append((byteCount, begin))
                return false
            }
            state.bytes += byteCount
            return true
        }
        if isThere { begin() }
    }

    /// So many bytes are done with.
    func giveRoom(_ byteCount: Int) {
        let admitted = state.withLock { state in
            state.bytes -= byteCount
            var admitted: [@Sendable () -> Void] = []
            while let first = state.waiting.first, hasRoom(first.byteCount, state) {
                state.waiting.removeFirst()
                state.bytes += first.byteCount
                admitted.append(first.begin)
            }
            return admitted
        }
        for begin in admitted { begin() }
    }

    /// Lets go of what waits: the connection has ended.
    func end() { state.withLock { $0.waiting = [] } }

    private func hasRoom(_ byteCount: Int, _ state: State) -> Bool {
        state.bytes == 0 || state.bytes + byteCount <= byteLimit
    }
}
