internal import PenstockEvents

/// What a transport has open: listeners, connections, and attempts to have one. When all have ended, its threads can.
final class TCPRoster: Sendable {
    private struct State {
        var isClosed = false
        var attempts = 0
        var connections: [ObjectIdentifier: TCPConnection] = [:]
        var listeners: [ObjectIdentifier: TCPListener] = [:]
        var waiting: [CheckedContinuation<Void, Never>] = []

        /// Who waits for nothing to be there, if nothing is.
        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            guard attempts == 0, connections.isEmpty, listeners.isEmpty else { return [] }
            defer { waiting = [] }
            return waiting
        }
    }

    private let state = Guarded(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Notes an attempt to connect or to listen; false where the transport is closed.
    func begin() -> Bool {
        state.withLock { state in
            if !state.isClosed { state.attempts += 1 }
            return !state.isClosed
        }
    }

    /// An attempt has come to its end.
    func finish() { leave { $0.attempts -= 1 } }

    /// Notes a connection; false where the transport is closed.
    func join(_ connection: TCPConnection) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.connections[ObjectIdentifier(connection)] = connection }
            return !state.isClosed
        }
    }

    func leave(_ connection: TCPConnection) { leave { $0.connections[ObjectIdentifier(connection)] = nil } }

    /// Notes a listener; false where the transport is closed.
    func join(_ listener: TCPListener) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.listeners[ObjectIdentifier(listener)] = listener }
            return !state.isClosed
        }
    }

    func leave(_ listener: TCPListener) { leave { $0.listeners[ObjectIdentifier(listener)] = nil } }

    /// From now on nothing joins. Gives what is there; nil where it was closed before.
    func close() -> (listeners: [TCPListener], connections: [TCPConnection])? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return (Array(state.listeners.values), Array(state.connections.values))
        }
    }

    /// The connections that are there.
    var connections: [TCPConnection] { state.withLock { Array($0.connections.values) } }

    /// Waits until no connection, no listener and no attempt is there.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let due = state.withLock { state in
                state.waiting.append(continuation)
                return state.takeWaiting()
            }
            for continuation in due { continuation.resume() }
        }
    }

    private func leave(_ change: (inout State) -> Void) {
        let due = state.withLock { state in
            change(&state)
            return state.takeWaiting()
        }
        for continuation in due { continuation.resume() }
    }
}
