/// Why the sender of a `bye` goes: the frame's message, one byte and a text for people.
enum Farewell: Sendable, Hashable {
    case closed
    case gaveUp(String)
    case refused(String)
    case notTrusted(String)

    private static let textBytes = 400

    /// The message of the frame.
    var bytes: [UInt8] {
        switch self {
        case .closed: []
        case .gaveUp(let text): Self.bytes(1, text)
        case .refused(let text): Self.bytes(2, text)
        case .notTrusted(let text): Self.bytes(3, text)
        }
    }

    /// Reads a message. What nobody knows counts as giving up.
    init(_ bytes: [UInt8]) {
        guard let kind = bytes.first else {
            self = .closed
            return
        }
        // The text is the peer's: it goes to terminals, so nothing that steers them stays in it.
        let scalars = String(decoding: bytes.dropFirst().prefix(Self.textBytes), as: UTF8.self).unicodeScalars
        let text = String(
            String.UnicodeScalarView(scalars.filter { $0.value >= 32 && !(127..<160).contains($0.value) }))
        switch kind {
        case 2: self = .refused(text)
        case 3: self = .notTrusted(text)
        default: self = .gaveUp(text)
        }
    }

    /// How the connection has ended for whoever hears it.
    var reason: FabricError? {
        switch self {
        case .closed: nil
        case .gaveUp(let text): FabricError(.peerGone, "the peer has given up the connection: \(text)")
        case .refused(let text): FabricError(.refused, "the listener does not want the connection: \(text)")
        case .notTrusted(let text):
            FabricError(
                .notTrusted, "the listener does not trust this end: \(text)",
                hint: "a ticket is good once: connect again"
            )
        }
    }

    private static func bytes(_ kind: UInt8, _ text: String) -> [UInt8] { [kind] + text.utf8.prefix(textBytes) }
}
