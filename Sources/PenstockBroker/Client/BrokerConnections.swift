internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// A client's connections to the brokers of a log, and which of them has what, as far as they have said.
///
/// To each broker there is one connection for each purpose, made when it is needed first and lost without the other. The addresses that the
/// client began with are where it looks when it knows of none that answers.
final class BrokerConnections: Sendable {
    /// What a connection is for. What comes over one comes in order, so that a question would wait behind all batches that were handed over
    /// before it, and they may wait for the broker's disk.
    enum Purpose: Comparable {
        /// Writers, groups, and everything that is asked of the log as a whole.
        case control
        /// Readers.
        case reading
    }

    /// A connection that there is, or can be.
    private struct Line: Hashable {
        let broker: FabricAddress
        let purpose: Purpose

        /// A key for an order that does not depend on hashes.
        var order: (String, Purpose) { ("\(broker)", purpose) }
    }

    /// What a connection is made to: a broker, or whichever one answers.
    private enum Target: Hashable {
        case broker(Line)
        case anyone(Purpose, avoiding: FabricAddress?)
    }

    private struct State {
        var connections: [Line: ClientConnection] = [:]
        var dialling: [Target: Task<ClientConnection, any Error>] = [:]
        /// Where the brokers are, as one of them has said last.
        var known: [FabricAddress] = []
        var routes: [TopicPartition: FabricAddress] = [:]
        var isClosed = false
    }

    private let first: [FabricAddress]
    private let transport: any Transport
    private let limits: RemoteLog.Limits
    private let timer: any MonotonicClock
    private let depot: SlabDepot
    private let client: String
    private let session: [UInt8]
    private let fabric: FabricPath?
    private let token: @Sendable () throws(LogError) -> String
    private let state = Guarded(State())

    init(
        _ first: [FabricAddress], _ transport: any Transport, _ limits: RemoteLog.Limits, _ timer: any MonotonicClock,
        client: String, session: [UInt8], fabric: FabricPath?, token: @escaping @Sendable () throws(LogError) -> String
    ) {
        self.first = first
        self.transport = transport
        self.limits = limits
        self.timer = timer
        self.client = client
        self.session = session
        self.fabric = fabric
        self.token = token
        depot = SlabDepot(transport)
    }

    func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            defer { state.connections = [:] }
            return state.connections.sorted { $0.key.order < $1.key.order }.map(\.value)
        }
        for connection in connections { connection.close() }
    }

    /// A connection for a purpose to the broker that has a partition, as far as is known, or to any; made where there is none.
    /// - Parameter avoided: A broker that is asked only where there is no other one.
    /// - Throws: `LogError` with code `unreachable`, `notAllowed`, `newerFormat` or `closed`.
    func connection(
        for purpose: Purpose = .control, to partition: TopicPartition? = nil, avoiding avoided: FabricAddress? = nil
    ) async throws(LogError) -> ClientConnection {
        if let partition, let address = state.withLock({ $0.routes[partition] }) {
            let line = Line(broker: address, purpose: purpose)
            do throws(LogError) { return try await connection(.broker(line)) } catch {
                guard error.mayBeAnothers else { throw error }
                state.withLock { $0.routes[partition] = nil }
            }
        }
        return try await connection(.anyone(purpose, avoiding: avoided))
    }

    /// Takes in that a broker does not have a partition, or is gone, and who has it now.
    func learn(_ partition: TopicPartition?, _ address: String?, from connection: ClientConnection) {
        guard let partition else { return }
        let address = address.flatMap { try? FabricAddress($0) }
        state.withLock { $0.routes[partition] = address == connection.address ? nil : address }
    }

    private func learn(_ brokers: [String]) {
        let known = brokers.compactMap { try? FabricAddress($0) }
        state.withLock { state in
            state.known = known
            state.connections = state.connections.filter { $0.value.isOpen }
        }
    }

    // MARK: Connecting

    private func connection(_ target: Target) async throws(LogError) -> ClientConnection {
        enum Found {
            case open(ClientConnection)
            case dialling(Task<ClientConnection, any Error>)
            case closed
        }
        let found: Found = state.withLock { state in
            if state.isClosed { return .closed }
            if let open = open(target, state) { return .open(open) }
            if let dialling = state.dialling[target] { return .dialling(dialling) }
            let dialling = Task { try await self.dial(target) }
            state.dialling[target] = dialling
            return .dialling(dialling)
        }
        switch found {
        case .open(let connection): return connection
        case .closed: throw closed
        case .dialling(let task):
            do { return try await task.value } catch {
                throw error as? LogError ?? LogError(.unreachable, "\(error)")
            }
        }
    }

    private func open(_ target: Target, _ state: State) -> ClientConnection? {
        let lines =
            switch target {
            case .broker(let line): [line]
            case .anyone(let purpose, let avoided):
                candidates(state).filter { $0 != avoided }.map { Line(broker: $0, purpose: purpose) }
            }
        return lines.lazy.compactMap { state.connections[$0] }.first { $0.isOpen }
    }

    /// All places where a broker may be, in the order in which they are tried.
    private func candidates(_ state: State) -> [FabricAddress] {
        state.known + first.filter { !state.known.contains($0) }
    }

    private func dial(_ target: Target) async throws(LogError) -> ClientConnection {
        defer { state.withLock { $0.dialling[target] = nil } }
        switch target {
        case .broker(let line): return try await dial(line)
        case .anyone(let purpose, let avoided): return try await dialAnyone(purpose, avoiding: avoided)
        }
    }

    private func dialAnyone(
        _ purpose: Purpose, avoiding avoided: FabricAddress?
    ) async throws(LogError) -> ClientConnection {
        let deadline = timer.now() + limits.reachTimeout
        var pause = Duration.milliseconds(20)
        while true {
            var last: LogError?
            let candidates = state.withLock { self.candidates($0) }
            // The avoided one is the last.
            for address in candidates.filter({ $0 != avoided }) + candidates.filter({ $0 == avoided }) {
                let line = Line(broker: address, purpose: purpose)
                do throws(LogError) { return try await connection(.broker(line)) } catch {
                    guard error.mayBeAnothers else { throw error }
                    last = error
                }
            }
            guard timer.now() + pause < deadline, !state.withLock({ $0.isClosed }) else {
                let tried = candidates.map { "\($0)" }.joined(separator: ", ")
                throw LogError(
                    .unreachable, "no broker answers at \(tried): \(last?.summary ?? "")",
                    hint: last?.hint ?? "is it running, and is the address right?")
            }
            await timer.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    private func dial(_ line: Line) async throws(LogError) -> ClientConnection {
        let address = line.broker
        let greeted = ClientConnection(to: address, limits, transport, depot, timer) { [weak self] in self?.learn($0) }
        let wire: any Connection
        do throws(FabricError) { wire = try await transport.connect(to: address, greeted) } catch {
            // Another service, or one that is encrypted where this side is not: trying again is of no use.
            guard error.code != .protocolViolation else {
                throw LogError(.invalidConfiguration, "\(address) is no broker: \(error.summary)", hint: error.hint)
            }
            throw LogError(error)
        }
        // Asked for when the broker is there: one that begins again has written another token before it listens.
        let token: String
        do throws(LogError) { token = try self.token() } catch {
            wire.close()
            throw error
        }
        try await greeted.greet(wire, as: Hello(client: client, token: token, session: session))
        let connection: ClientConnection
        do throws(LogError) {
            connection = try await fabric?.connection(beside: greeted, limits, timer) ?? greeted
        } catch {
            wire.close()
            throw error
        }
        let isClosed = state.withLock { state in
            if !state.isClosed { state.connections[line] = connection }
            return state.isClosed
        }
        guard isClosed else { return connection }
        connection.close()
        throw closed
    }

    private var closed: LogError { LogError(.closed, "the log of the broker at \(first[0]) is closed") }
}

extension LogError {
    /// Whether another broker may answer where this one does not.
    fileprivate var mayBeAnothers: Bool { code == .unreachable || code == .timedOut }
}
