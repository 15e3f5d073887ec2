internal import PenstockEvents
package import PenstockFabric

/// Keeps what happens at a connection, and lets a test wait for it.
package final class RecordingHandler: ConnectionHandler {
    /// What is done with a message, besides keeping its bytes.
    package typealias Reaction = @Sendable (IncomingMessage, any Connection) -> Void

    private struct State {
        var messages: [[UInt8]] = []
        var ends: [FabricError?] = []
        var events = 0
        var isBusy = false
        var overlapped = false
        var waiting: [(condition: @Sendable (Int, Int) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Guarded(State())
    private let react: Reaction

    package init(_ react: @escaping Reaction = { _, _ in }) { self.react = react }

    package var messages: [[UInt8]] { state.withLock { $0.messages } }
    /// How the connection has ended, once for each time that it was told.
    package var ends: [FabricError?] { state.withLock { $0.ends } }
    /// Whether a call came while another one was under way.
    package var overlapped: Bool { state.withLock { $0.overlapped } }

    package func received(_ message: IncomingMessage, on connection: any Connection) {
        enter()
        state.withLock { $0.messages.append(message.bytes) }
        react(message, connection)
        leave()
    }

    package func ended(_ reason: FabricError?, of connection: any Connection) {
        enter()
        state.withLock { $0.ends.append(reason) }
        leave()
    }

    /// Waits until so many messages have come.
    package func waitForMessages(_ count: Int) async { await wait { messages, _ in messages >= count } }

    /// Waits until the connection has ended.
    package func waitForEnd() async { await wait { _, ends in ends > 0 } }

    private func wait(_ condition: @escaping @Sendable (Int, Int) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state.messages.count, state.ends.count) { return true }
                state.waiting.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    private func enter() {
        state.withLock { state in
            if state.isBusy { state.overlapped = true }
            state.isBusy = true
        }
    }

    private func leave() {
        let due = state.withLock { state in
            state.isBusy = false
            let (messages, ends) = (state.messages.count, state.ends.count)
            let due = state.waiting.filter { $0.condition(messages, ends) }
            state.waiting.removeAll { $0.condition(messages, ends) }
            return due
        }
        for (_, continuation) in due { continuation.resume() }
    }
}
