internal import NIOCore

/// What goes. Pieces are copied while the socket takes them, so that little memory stands between a large payload and
/// the network.
extension TCPStream {
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        lastProgress = .now()
        write()
        context.fireChannelWritabilityChanged()
    }

    /// Does what threads have asked for.
    func obey() {
        guard isOpen else { return }
        write()
        readFrames()
    }

    /// How many pieces one connection writes before others that are served by the same thread have their turn.
    private static let piecesPerTurn = 8

    /// Writes what waits, as long as the socket takes it.
    func write() {
        guard !isWriting, let connection else { return }
        isWriting = true
        defer { isWriting = false }
        var pieces = 0
        while let context, isOpen {
            guard pieces < Self.piecesPerTurn else { return context.eventLoop.assumeIsolated().execute { self.obey() } }
            pieces += 1
            let orders = connection.takeOrders()
            if let failure = orders.failure { return end(failure, .reset) }
            if orders.isClosing { leave() }
            if let answer = orders.answer, case .offered(let byteCount) = incoming { accept(answer, byteCount) }
            writer.add(orders.frames)
            guard context.channel.isWritable else { return }
            if writer.isEmpty { return orders.isClosing ? sayGoodbye() : () }
            writePiece(context, connection)
        }
    }

    private func writePiece(_ context: ChannelHandlerContext, _ connection: TCPConnection) {
        let (piece, completed) = writer.nextPiece(context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(piece), promise: nil)
        if let bytes = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes), bytes > 0 {
            gauge.note(leaving: bytes)
        }
        guard !completed.isEmpty else { return }
        connection.sent(completed.reduce(0) { $0 + $1.queuedBytes })
        for frame in completed { frame.released(nil) }
    }

    /// Writes a frame without a message.
    func writeBare(_ kind: FrameHeader.Kind) {
        context?.writeAndFlush(wrapOutboundOut(writer.bareFrame(kind)), promise: nil)
    }

    /// From when this side has closed the connection, the peer has to take what waits and then to close it too.
    private func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        lastProgress = .now()
        keepWatch()
    }

    /// Tells the peer that nothing follows.
    private func sayGoodbye() {
        guard !hasSaidGoodbye else { return }
        hasSaidGoodbye = true
        writeBare(.bye)
    }
}
