internal import PenstockEvents

/// The content of a coordination file, with a checksum behind it.
enum SealedContent {
    private static let checksumBytes = 4

    static func seal(_ content: [UInt8]) -> [UInt8] {
        let checksum = content.withUnsafeBytes { CRC32C.checksum($0) }
        return content + (0..<checksumBytes).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    }

    /// The content; nil where it is not as it was sealed.
    static func open(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= checksumBytes else { return nil }
        let content = Array(bytes.dropLast(checksumBytes))
        return seal(content) == bytes ? content : nil
    }

    /// Lines of a name and its value, sealed.
    static func seal(fields: KeyValuePairs<String, String>) -> [UInt8] {
        seal(Array(fields.map { "\($0.key) \($0.value)\n" }.joined().utf8))
    }

    /// The fields that were sealed; nil where they are not as they were.
    static func fields(_ bytes: [UInt8]) -> [String: String]? {
        guard let content = open(bytes) else { return nil }
        var fields: [String: String] = [:]
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { fields[String(words[0])] = String(words[1]) }
        }
        return fields
    }
}

/// Who has claimed a key, in the files.
struct ClaimContent {
    let holder: String
    let session: String
    let epoch: UInt32
    let lease: Duration

    var sealed: [UInt8] {
        SealedContent.seal(fields: [
            "holder": holder, "session": session, "epoch": "\(epoch)", "lease-ns": "\(lease.nanoseconds)",
        ])
    }

    init(holder: String, session: String, epoch: UInt32, lease: Duration) {
        self.holder = holder
        self.session = session
        self.epoch = epoch
        self.lease = lease
    }

    init?(_ sealed: [UInt8]) {
        guard let fields = SealedContent.fields(sealed), let holder = fields["holder"], let session = fields["session"],
            let epoch = fields["epoch"].flatMap({ UInt32($0) }), let lease = fields["lease-ns"].flatMap({ Int64($0) })
        else { return nil }
        self.init(holder: holder, session: session, epoch: epoch, lease: .nanoseconds(lease))
    }
}
