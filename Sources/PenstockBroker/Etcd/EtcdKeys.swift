internal import PenstockLog

/// The names of the keys in etcd.
struct EtcdKeys: Sendable {
    /// What all begin with.
    let prefix: String

    init(namespace: CoordinationKey) { prefix = "penstock/\(namespace)/" }

    var members: String { prefix + "members/" }
    var claims: String { prefix + "claims/" }
    var values: String { prefix + "values/" }

    func member(_ session: String) -> String { members + session }
    func claim(_ key: CoordinationKey) -> String { claims + key.description }
    func epoch(_ key: CoordinationKey) -> String { prefix + "epochs/" + key.description }
    func value(_ key: CoordinationKey) -> String { values + key.description }
}

/// Who has claimed a key, in etcd: the holder, the session and the epoch, a line each.
struct EtcdClaim {
    let holder: String
    let session: String
    let epoch: UInt32

    var bytes: [UInt8] { Array("\(holder)\n\(session)\n\(epoch)".utf8) }

    init(holder: String, session: String, epoch: UInt32) {
        self.holder = holder
        self.session = session
        self.epoch = epoch
    }

    init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 3, let epoch = UInt32(lines[2]) else { return nil }
        self.init(holder: String(lines[0]), session: String(lines[1]), epoch: epoch)
    }
}
