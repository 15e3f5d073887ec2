internal import NIOCore
internal import PenstockEvents

/// A port at which connections are accepted.
final class TCPListener: Listener {
    let address: FabricAddress
    private let channel: any Channel
    private let admission: TCPAdmission
    private let roster: TCPRoster
    private let isClosed = Guarded(false)

    init(_ address: FabricAddress, _ channel: any Channel, _ admission: TCPAdmission, _ roster: TCPRoster) {
        self.address = address
        self.channel = channel
        self.admission = admission
        self.roster = roster
    }

    /// How many connections there are, greeted or not.
    var connectionCount: Int { admission.count }

    func close() async {
        // Once: after that the event loop of the channel may be gone.
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        admission.close()
        // It fails only where the channel is closed already.
        try? await channel.close()
        roster.leave(self)
    }
}
