internal import PenstockEvents

/// The side outputs of one operator. What the operator is told of time and of the end they are told, too. Belongs to one stage actor and is
/// used on its thread only.
final class SideOutlets {
    private var outlets: [(port: SidePort, outlet: ChannelOutlet)] = []
    private var forwarded = Timestamp.distantPast

    func add(_ port: SidePort, _ outlet: ChannelOutlet) { outlets.append((port, outlet)) }

    /// Sends what the operator put out at its side for `element`, and then how far time has come; nil where it was woken without one.
    func deliver(
        _ batches: [(port: SidePort, batch: Batch)], behind element: StreamElement?, delay: Int64 = 0
    ) async throws {
        for (port, batch) in batches {
            for (known, outlet) in outlets where known == port { try await outlet.put(.batch(batch)) }
        }
        if let element { try await announce(element, delay) }
    }

    /// Nothing will come for a while.
    func setIdle() {
        for (_, outlet) in outlets { outlet.setIdle() }
    }

    /// Something comes again.
    func endIdleness() {
        for (_, outlet) in outlets { outlet.endIdleness() }
    }

    private func announce(_ element: StreamElement, _ delay: Int64) async throws {
        switch element {
        case .batch(let batch): try await send(watermark: batch.watermark.held(by: delay))
        case .watermark(let time): try await send(watermark: time.held(by: delay))
        case .control, .barrier, .end:
            for (_, outlet) in outlets { try await outlet.put(element) }
        }
    }

    private func send(watermark: Timestamp) async throws {
        guard watermark > forwarded else { return }
        forwarded = watermark
        for (_, outlet) in outlets { try await outlet.put(.watermark(watermark)) }
    }
}
