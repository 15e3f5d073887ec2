internal import PenstockEvents
internal import PenstockFabric

/// Sends and takes in the messages of brokers and clients on a connection. What is larger than a message may be goes as the payload of
/// its envelope.
struct WireConnection: Sendable {
    let connection: any Connection
    let limits: FabricLimits
    let depot: SlabDepot

    /// Sends a message, and what is to go beside it. `lost` is called where it does not get through.
    func send(
        _ envelope: Envelope, payload: SlabRange? = nil, lost: @escaping @Sendable (FabricError) -> Void = { _ in },
        _ fill: (inout WireWriter) -> Void
    ) {
        let message = envelope.message(fill)
        guard message.count > limits.messageBytes else {
            return connection.send(message, payload) { error in if let error { lost(error) } }
        }
        precondition(payload == nil, "a message with a payload is small")
        let rest = message.count - Envelope.byteCount
        do throws(FabricError) {
            let slab = try depot.take(rest)
            slab.bytes.copyBytes(from: message[Envelope.byteCount...])
            connection.send(Array(message.prefix(Envelope.byteCount)), slab[0..<rest]) { error in
                if let error { lost(error) }
            }
        } catch {
            lost(error)
        }
    }

    /// Calls `use` with a message and what came beside it, when all of it is here, on a thread of the transport. A payload that
    /// `isWanted` does not want is given as it is.
    func receive(
        _ message: IncomingMessage, _ use: @escaping @Sendable (Envelope, WireReader, IncomingPayload?) -> Void
    ) {
        var reader = WireReader(message.bytes)
        let envelope: Envelope
        do { envelope = try Envelope(from: &reader) } catch {
            return fail(error)
        }
        guard message.bytes.count == Envelope.byteCount, let payload = message.payload else {
            return use(envelope, reader, message.payload)
        }
        pull(payload) { slab in
            use(envelope, WireReader(Array(slab.bytes[0..<payload.byteCount])), nil)
        }
    }

    /// Brings a payload into a slab of its own; where that fails the connection ends.
    func pull(_ payload: IncomingPayload, _ use: @escaping @Sendable (Slab) -> Void) {
        do throws(FabricError) {
            let slab = try depot.take(payload.byteCount)
            payload.pull(into: slab[0..<payload.byteCount]) { error in if error == nil { use(slab) } }
        } catch {
            connection.fail(error)
        }
    }

    /// Ends the connection with the one beside it. Where that was lost, at once: nobody takes any more what is on its way.
    func end(with reason: FabricError?) {
        guard let reason else { return connection.close() }
        connection.fail(FabricError(.closed, "the connection beside it has ended: \(reason.summary)"))
    }

    /// Ends the connection because the peer has sent what is no message.
    func fail(_ error: WireError) {
        connection.fail(FabricError(.protocolViolation, "\(connection.peer) has sent what is no message: \(error)"))
    }
}
