/// Where a listener can be reached.
public enum FabricAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host's name or number, and a port; 0 for one that the system chooses.
    case host(String, port: Int)
    /// A name within this process.
    case name(String)
    /// The address of a fabric's endpoint, as its provider gives it.
    case endpoint([UInt8])

    /// Reads `HOST:PORT`, `[V6]:PORT`, `name:NAME` or `endpoint:HEX`.
    /// - Throws: `FabricError` with code `invalidAddress`.
    public init(_ text: String) throws(FabricError) {
        if text.hasPrefix("name:"), text.utf8.count > 5 {
            self = .name(String(text.dropFirst(5)))
        } else if text.hasPrefix("endpoint:") {
            guard let bytes = Self.bytes(hex: text.dropFirst(9)), !bytes.isEmpty else {
                throw FabricError(
                    .invalidAddress, "\(text) is not the address of an endpoint: it has no hex digits in pairs")
            }
            self = .endpoint(bytes)
        } else {
            self = try Self.host(in: text)
        }
    }

    /// The address as `init(_:)` reads it.
    public var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .name(let name): "name:\(name)"
        case .endpoint(let bytes): "endpoint:" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    private static func host(in text: String) throws(FabricError) -> FabricAddress {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw FabricError(
                .invalidAddress, "\(text) is not an address", hint: "write HOST:PORT, such as 127.0.0.1:7400")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw FabricError(.invalidAddress, "\(text) is not an address", hint: "write an IPv6 address as [::1]:7400")
        }
        guard !host.isEmpty else {
            throw FabricError(.invalidAddress, "\(text) has no host", hint: "write HOST:PORT, such as 127.0.0.1:7400")
        }
        return .host(String(host), port: Int(port))
    }

    private static func bytes(hex text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[at], let low = digits[at + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}

extension FabricAddress {
    /// Whether only this machine can be meant: a number of the loopback network, `localhost`, or a name within this process.
    public var isLoopback: Bool {
        switch self {
        case .name: true
        case .endpoint: false
        case .host(let host, _):
            host == "localhost" || host == "::1"
                || host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }.isLoopback
        }
    }
}

extension [UInt8?] {
    fileprivate var isLoopback: Bool { count == 4 && first == 127 && allSatisfy { $0 != nil } }
}
