#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A name that a server's certificate is for: an IP address, or a name of the domain name system.
enum HostName: Sendable, Hashable {
    /// Four bytes, or sixteen.
    case address([UInt8])
    /// In lower case; the first label may be `*`.
    case name(String)

    private static let nameBytesMax = 253
    private static let labelBytesMax = 63

    /// A host from what is written; nil where it is neither an address nor a name.
    init?(_ text: String) {
        if let address = Self.address(text, AF_INET, bytes: 4) ?? Self.address(text, AF_INET6, bytes: 16) {
            self = .address(address)
            return
        }
        let name = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        var labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // What ends in a number is a mistyped address.
        guard name.count <= Self.nameBytesMax, labels.last?.contains(where: { !Self.isDigit($0) }) == true else {
            return nil
        }
        if labels.count > 2, labels[0].elementsEqual("*".utf8) { labels.removeFirst() }
        guard labels.allSatisfy(Self.isLabel) else { return nil }
        self = .name(String(decoding: name, as: UTF8.self))
    }

    private static func address(_ text: String, _ family: Int32, bytes: Int) -> [UInt8]? {
        var address = [UInt8](repeating: 0, count: bytes)
        return inet_pton(family, text, &address) == 1 ? address : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let dash = UInt8(ascii: "-")
        return (1...labelBytesMax).contains(label.count) && label.first != dash && label.last != dash
            && label.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == dash }
    }
}
