internal import NIOCore

/// A port at which connections are accepted.
final class TCPListener: Listener {
    let address: FabricAddress
    private let channel: any Channel
    private let admission: TCPAdmission
    private let roster: TCPRoster

    init(_ address: FabricAddress, _ channel: any Channel, _ admission: TCPAdmission, _ roster: TCPRoster) {
        self.address = address
        self.channel = channel
        self.admission = admission
        self.roster = roster
    }

    /// How many connections there are, greeted or not.
    var connectionCount: Int { admission.count }

    func close() async {
        admission.close()
        roster.leave(self)
        // It fails only where the channel is closed already.
        try? await channel.close()
    }
}
