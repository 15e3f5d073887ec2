internal import PenstockEvents

/// What a transport keeps in memory of its own, at most and for one connection: the proof that it is bounded.
package final class TCPGauge: Sendable {
    private let most = Guarded((arrived: 0, leaving: 0))

    /// The most bytes that had arrived and that nobody had taken.
    package var mostArrivedBytes: Int { most.withLock { $0.arrived } }
    /// The most bytes that were copied for sending and that the system had not taken.
    package var mostLeavingBytes: Int { most.withLock { $0.leaving } }

    func note(arrived bytes: Int) { most.withLock { $0.arrived = max($0.arrived, bytes) } }
    func note(leaving bytes: Int) { most.withLock { $0.leaving = max($0.leaving, bytes) } }
}
