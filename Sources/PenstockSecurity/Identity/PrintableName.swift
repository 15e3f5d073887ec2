/// The rule for subjects, and for the ids of tokens, keys and servers: 1 to 128 printable ASCII characters, and no
/// space at the ends. ASCII alone, so that no two of them look the same in an audit.
enum PrintableName {
    static let bytesMax = 128
    static let hint = "use 1 to \(bytesMax) printable ASCII characters, and no space at the ends"

    /// Why a text is no such name; nil where it is one.
    static func problem(of name: String) -> String? {
        let bytes = name.utf8
        if bytes.isEmpty { return "it is empty" }
        if bytes.count > bytesMax { return "it has \(bytes.count) bytes" }
        if !bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) { return "it has a character that is not printable ASCII" }
        return bytes.first == 0x20 || bytes.last == 0x20 ? "it begins or ends with a space" : nil
    }
}
