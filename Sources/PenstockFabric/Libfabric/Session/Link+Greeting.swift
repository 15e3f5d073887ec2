/// The first frames.
extension Link {
    /// The peer's first frame has come.
    func greeted(_ frame: Frame) throws(FabricError) {
        switch (role, phase) {
        case (.client(let hello, let done), .greeting):
            try welcomed(frame, hello)
            done(.success(connection))
        case (.server(let hello, let welcome), .confirming):
            try confirmed(frame, hello, welcome)
        default: break
        }
    }

    private func welcomed(_ frame: Frame, _ hello: Greeting) throws(FabricError) {
        if frame.header.kind == .bye {
            throw Farewell(frame.message).reason
                ?? FabricError(.refused, "\(connection.peer) does not want the connection")
        }
        guard frame.header.kind == .welcome, frame.header.number == 0 else {
            throw FabricError(.protocolViolation, "\(connection.peer) answers a hello with something else")
        }
        var proof: [UInt8] = []
        let welcome = try Greeting(frame.message, proof: &proof)
        let expected = handshake.ofWelcome(welcome, to: hello, epoch: frame.header.epoch)
        guard Handshake.isSame(proof, expected) else {
            throw FabricError(
                .notTrusted, "\(connection.peer) does not know the secret of the session",
                hint: "ask for another ticket over the authenticated connection")
        }
        guard let endpoint else { return }
        destination = try endpoint.insert(welcome.address)
        peerAddress = welcome.address
        sending.meet(welcome)
        epoch = frame.header.epoch
        receiving.number = 1
        sending.nextNumber = 0
        let confirmation = handshake.ofConfirmation(welcome, to: hello, epoch: epoch)
        sending.control.append(ControlFrame(.hello, confirmation))
        phase = .open
        phaseDeadline = .max
    }

    private func confirmed(_ frame: Frame, _ hello: Greeting, _ welcome: Greeting) throws(FabricError) {
        guard frame.header.kind == .hello else {
            throw FabricError(.protocolViolation, "\(connection.peer) does not confirm the welcome")
        }
        try check(frame.header)
        let expected = handshake.ofConfirmation(welcome, to: hello, epoch: epoch)
        guard Handshake.isSame(frame.message, expected) else {
            throw FabricError(.notTrusted, "\(connection.peer) does not know the secret of the session")
        }
        sending.meet(hello)
        phase = .open
        phaseDeadline = .max
    }
}

extension LinkSending {
    /// Keeps to what the peer takes.
    mutating func meet(_ peer: Greeting) {
        peersLimits.messageBytes = min(peersLimits.messageBytes, peer.messageBytes)
        peersLimits.inlineBytes = min(peersLimits.inlineBytes, peer.inlineBytes)
        peersLimits.payloadBytes = min(peersLimits.payloadBytes, peer.payloadBytes)
    }
}
