/// What munge has proven: who has made a credential, and what it is for.
public struct MungeCredential: Sendable, Hashable {
    /// The number of the user who has made it.
    public let uid: UInt32
    /// What the user has put into it.
    public let payload: [UInt8]

    /// What `unmunge` prints of a good credential: a line for each of its attributes, an empty line, and the payload.
    /// - Throws: `SecurityError` with code `malformed`.
    init(printed output: [UInt8]) throws(SecurityError) {
        let newline = UInt8(ascii: "\n")
        var rest = output[...]
        var attributes: [String: String] = [:]
        while let end = rest.firstIndex(of: newline) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, attributes[String(parts[0])] == nil else { throw Self.malformed }
            attributes[String(parts[0])] = String(parts[1].drop { $0 == " " })
        }
        guard let length = attributes["LENGTH"].flatMap({ Int($0) }), length == rest.count,
            let uid = attributes["UID"].flatMap(Self.number), attributes["STATUS"]?.hasSuffix("(0)") == true
        else { throw Self.malformed }
        self.uid = uid
        payload = Array(rest)
    }

    /// The number behind a name: `alice (1000)`.
    private static func number(_ text: String) -> UInt32? {
        guard text.last == ")", let open = text.lastIndex(of: "(") else { return nil }
        return UInt32(text[text.index(after: open)...].dropLast())
    }

    private static var malformed: SecurityError {
        SecurityError(.malformed, "unmunge has printed what is not understood", hint: "versions from 0.5 are")
    }
}
