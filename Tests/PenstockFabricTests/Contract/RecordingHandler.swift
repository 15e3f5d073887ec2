import PenstockEvents
import PenstockFabric

/// Keeps what happens at a connection, and lets a test wait for it.
final class RecordingHandler: ConnectionHandler {
    /// What is done with a message, besides keeping its bytes.
    typealias Reaction = @Sendable (IncomingMessage, any Connection) -> Void

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

    init(_ react: @escaping Reaction = { _, _ in }) { self.react = react }

    var messages: [[UInt8]] { state.withLock { $0.messages } }
    /// How the connection has ended, once for each time that it was told.
    var ends: [FabricError?] { state.withLock { $0.ends } }
    /// Whether a call came while another one was under way.
    var overlapped: Bool { state.withLock { $0.overlapped } }

    func received(_ message: IncomingMessage, on connection: any Connection) {
        enter()
        state.withLock { $0.messages.append(message.bytes) }
        react(message, connection)
        leave()
    }

    func ended(_ reason: FabricError?, of connection: any Connection) {
        enter()
        state.withLock { $0.ends.append(reason) }
        leave()
    }

    /// Waits until so many messages have come.
    func waitForMessages(_ count: Int) async { await wait { messages, _ in messages >= count } }

    /// Waits until the connection has ended.
    func waitForEnd() async { await wait { _, ends in ends > 0 } }

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

/// What has been told by a number of calls, for a test to wait for.
final class Outcomes<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Guarded(State())

    var values: [Value] { state.withLock { $0.values } }

    func add(_ value: Value) {
        let due = state.withLock { state in
            state.values.append(value)
            let count = state.values.count
            let due = state.waiting.filter { $0.count <= count }
            state.waiting.removeAll { $0.count <= count }
            return due
        }
        for (_, continuation) in due { continuation.resume() }
    }

    /// The values, when there are so many.
    func values(_ count: Int) async -> [Value] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.values.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return values
    }
}

extension SlabPool {
    /// Whether so many slabs are free in the end: a transport lets go of a slab a little after it has said that it is done with it.
    func comesBack(_ count: Int) async -> Bool {
        for _ in 0..<10_000 where freeCount != count { try? await Task.sleep(for: .milliseconds(1)) }
        return freeCount == count
    }
}
