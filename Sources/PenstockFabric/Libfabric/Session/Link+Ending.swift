/// How a link ends: by a bye and its answer where the peer can hear one, and always by `finish`, once.
extension Link {
    /// Goes on where what was waited for has come.
    func settle() throws(FabricError) {
        switch phase {
        case .open where sending.isClosing:
            phase = .closing
            phaseDeadline = context.deadline(in: context.limits.pullTimeout)
            try settle()
        case .closing where sending.isDone && pulling.pulls.isEmpty && pulling.isReleased:
            leave(nil, .closed)
        case .leaving(let leaving) where leaving.isSent && leaving.isAnswered:
            finish(leaving.reason)
        default: break
        }
    }

    /// Says bye. What waits to be sent is dropped.
    func leave(
        _ reason: FabricError?, _ farewell: Farewell, isAnswered: Bool = false,
        within timeout: Duration = Link.farewellTimeout
    ) {
        switch phase {
        case .leaving, .ended: return
        default: break
        }
        phase = .leaving(Leaving(reason: reason, isAnswered: isAnswered))
        phaseDeadline = context.deadline(in: timeout)
        _ = sending.control.popAll()
        sending.control.append(ControlFrame(.bye, farewell.bytes))
    }

    /// Ends the connection for a reason of this side, and tells the peer where it may still hear it.
    func giveUp(_ reason: FabricError) {
        switch phase {
        case .open, .closing: break
        case .confirming where reason.code != .peerGone: break
        case .leaving(let leaving): return finish(leaving.reason)
        case .greeting, .confirming, .ended: return finish(reason)
        }
        if reason.code == .peerGone { return finish(reason) }
        leave(reason, .gaveUp(reason.summary))
        do throws(FabricError) { try pump() } catch { finish(reason) }
    }

    /// The peer has said bye: it is answered, so that both know that nothing is lost on the way.
    func peerLeaves(_ farewell: Farewell) { leave(farewell.reason, .closed, isAnswered: true) }

    /// The peer has said bye too.
    func answered() {
        guard case .leaving(var leaving) = phase else { return }
        leaving.isAnswered = true
        phase = .leaving(leaving)
    }

    /// Closes the endpoint, then gives back everything that was held for it, then tells the handler.
    func finish(_ reason: FabricError?) {
        if case .ended = phase { return }
        let wasGreeting = if case .greeting = phase { true } else { false }
        phase = .ended
        // From here on neither the provider nor the peer touches the memory.
        if let endpoint {
            if pulling.reads > 0 { endpoint.sever(from: peerAddress, reads: pulling.reads) }
            context.close(endpoint)
        }
        endpoint = nil
        let error = reason ?? .wasClosed(to: connection.peer)
        for (_, pull) in pulling.pulls.sorted(by: { $0.key < $1.key }) { pull.request.pulled(error) }
        for (_, offered) in sending.offered.sorted(by: { $0.key < $1.key }) { offered.message.released(error) }
        for message in sending.slots.flatMap(\.messages) { message.released(error) }
        for message in sending.waiting.popAll() + connection.end() { message.released(error) }
        (sending.offered, pulling.pulls, sending.slots) = ([:], [:], [])
        context.ended.append(id)
        ended()
        if wasGreeting, case .client(_, let done) = role {
            done(.failure(reason ?? FabricError(.refused, "\(connection.peer) has closed the connection")))
        } else {
            handler?.ended(sending.isClosing ? nil : reason, of: connection)
        }
    }
}
