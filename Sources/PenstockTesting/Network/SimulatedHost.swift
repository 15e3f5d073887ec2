internal import PenstockEvents
internal import PenstockFabric

/// A process on a host of a simulated network, whose name it has on the scheduler too, with the ends of connections that it has.
final class SimulatedHost: Sendable {
    private struct State {
        var ends: [UInt64: SimulatedConnection] = [:]
        var isDead = false
    }

    let name: String
    private let state = Guarded(State())

    init(_ name: String) { self.name = name }

    var isDead: Bool { state.withLock { $0.isDead } }

    /// Which of the scheduler's threads calls the handlers of the host.
    static let thread = "network"

    func add(_ end: SimulatedConnection) { state.withLock { $0.ends[end.number] = end } }

    func remove(_ end: SimulatedConnection) { state.withLock { $0.ends[end.number] = nil } }

    /// Dies. What the process itself still sees is that all connections are gone.
    func die(isSilent: Bool, on network: SimulatedNetwork) {
        let ends = state.withLock { state in
            state.isDead = true
            return state.ends.sorted { $0.key < $1.key }.map(\.value)
        }
        for end in ends {
            let peer = end.other
            end.cut()
            end.end(FabricError(.closed, "the host \(name) is dead"))
            guard !isSilent, let peer else { continue }
            peer.end(FabricError(.peerGone, "\(peer.peer) has gone"), after: network.drawNotice())
        }
    }
}
