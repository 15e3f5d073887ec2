internal import Glibc
internal import PenstockEvents
package import PenstockFabric
internal import PenstockLog
package import PenstockSecurity

/// A broker of a directory with all that belongs to it: the log, the token of its owner, the record of its clients, and where it listens.
///
/// The token is in the file `.broker-token` in the directory, which only its owner can read.
package struct ServedLog: Sendable {
    /// Where clients reach it, and the file with the token that its owner's clients show.
    package let address: FabricAddress
    package let tokenFile: String
    /// The broker.
    package let broker: Broker

    private let transport: TCPTransport
    private let owner: OwnerToken
    private let access: Guarded<BrokerAccess>
    private let isAlone: Bool

    /// Begins to serve.
    /// - Parameters:
    ///   - data: The directory, which becomes a log where there is none.
    ///   - place: The place among several brokers of the directory; nil for the only one.
    ///   - authenticator: Knows others than the owner; nil where nobody else may come.
    ///   - transport: Makes the transport; it is given what takes connections that were refused.
    ///   - advertised: Where clients reach a broker of several, from where it listens.
    ///   - waits: Called where it waits for another broker of the same name: with the name and its address.
    package init(
        _ data: String, host: String, at listen: FabricAddress, place: BrokerCluster? = nil, fabric: String? = nil,
        authenticator: Authenticator? = nil,
        transport makeTransport: (@escaping @Sendable (FabricError) -> Void) throws -> TCPTransport,
        advertised: (FabricAddress) throws -> FabricAddress = { $0 },
        waits: @escaping @Sendable (_ name: String, _ address: String) -> Void = { _, _ in }
    ) async throws {
        let refusing = Guarded<Broker?>(nil)
        transport = try makeTransport { reason in refusing.withLock { $0 }?.refuse(reason) }
        let log = try await EmbeddedLog(directory: data, leases: place)
        let access = Guarded(BrokerAccess(owner: nil))
        broker = Broker(log, name: host, cluster: place) { client throws(LogError) in
            try access.withLock { $0 }.rights(of: client)
        }
        refusing.withLock { [broker] in $0 = broker }
        try await broker.startAudit()
        // Not before: another broker of the directory has the audit, and the token in the file is its own.
        tokenFile = data + "/.broker-token"
        owner = try place == nil ? OwnerToken(writingTo: tokenFile) : OwnerToken(sharedAt: tokenFile)
        access.withLock { [owner] in $0 = BrokerAccess(owner: owner, authenticator: authenticator) }
        if let fabric { try await broker.offer(FabricChoice(fabric)) }
        address = try await broker.listen(at: listen, over: transport).address
        if place != nil {
            try await broker.join(at: try advertised(address)) { other in waits(other.name, "\(other.address)") }
        }
        self.access = access
        isAlone = place == nil
    }

    /// Goes on with certificates that were read again, and with others whom it lets in.
    package func reload(_ authenticator: Authenticator?) throws {
        try transport.reload()
        access.withLock { $0 = BrokerAccess(owner: owner, authenticator: authenticator) }
    }

    /// Ends it; what was acknowledged is kept.
    package func close() async {
        // The next broker of the directory, which may begin when this one gives its partitions up, has a token of its own; of several brokers,
        // others let clients in by the one that is there.
        if isAlone { unlink(tokenFile) }
        await broker.close()
        await transport.close()
    }
}
