#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A version of the GNU C library, such as 2.34 or 2.2.5. In JSON and in site profiles it is its text.
public struct GlibcVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 2 in 2.34.
    public let major: Int
    /// 34 in 2.34.
    public let minor: Int
    /// 5 in 2.2.5; 0 where it is not written.
    public let patch: Int

    /// Version `major.minor.patch`.
    public init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// From two or three numbers with points between them; nil for any other text, `2.34-9+deb12u1` among them.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        // Signs are no part of a version.
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (48...57).contains($0) } ? UInt16(part).map(Int.init) : nil
        }
        guard numbers.count == parts.count, (2...3).contains(numbers.count) else { return nil }
        self.init(numbers[0], numbers[1], numbers.count == 3 ? numbers[2] : 0)
    }

    /// That of the running system, as `getconf GNU_LIBC_VERSION` prints it; nil with another C library, such as musl.
    public static var here: Self? {
        var text = [UInt8](repeating: 0, count: 64)
        let length = text.withUnsafeMutableBytes { buffer in
            confstr(Int32(_CS_GNU_LIBC_VERSION), buffer.bindMemory(to: CChar.self).baseAddress, buffer.count)
        }
        guard (1...text.count).contains(length) else { return nil }
        // "glibc 2.36" and a zero byte.
        return Self(String(decoding: text.prefix(length - 1), as: UTF8.self).drop { $0 != " " }.dropFirst())
    }

    /// As it is written: `2.34`.
    public var description: String { "\(major).\(minor)" + (patch == 0 ? "" : ".\(patch)") }

    /// Whether `a` is older.
    public static func < (a: Self, b: Self) -> Bool { (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch) }
}

extension GlibcVersion: Codable {
    /// From its text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let version = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no glibc version: \(text)")
        }
        self = version
    }

    /// As its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
