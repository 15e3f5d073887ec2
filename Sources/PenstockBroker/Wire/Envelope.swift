internal import PenstockLog

/// What a message is, and which request it belongs to: the nine bytes that every one begins with.
struct Envelope {
    enum Kind: UInt8 {
        case request
        case answer
        case failure
    }

    static let byteCount = 9
    /// The number of an answer that nobody has asked for: it says that the broker is there.
    static let unasked: UInt64 = 0

    let kind: Kind
    /// Which request of the connection.
    let number: UInt64

    /// A message.
    func message(_ fill: (inout WireWriter) -> Void) -> [UInt8] {
        var message = WireWriter()
        message.put(kind.rawValue)
        message.put(number)
        fill(&message)
        return message.bytes
    }

    /// Reads the beginning of a message.
    init(from message: inout WireReader) throws(WireError) {
        let kind: UInt8 = try message.take()
        guard let known = Kind(rawValue: kind) else { throw WireError("\(kind) is no kind of message") }
        self.kind = known
        number = try message.take()
    }

    init(_ kind: Kind, _ number: UInt64) {
        self.kind = kind
        self.number = number
    }
}
