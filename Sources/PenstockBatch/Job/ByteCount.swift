/// An amount of memory in bytes.
///
/// It is read as `16GiB`, `16GB`, `512M`; a number alone is bytes. As batch systems have it, `K`, `M`, `G` and `T` are powers of 1024 with or
/// without the `i`: an allocation that is a little larger than was meant harms nobody.
public struct ByteCount: Sendable, Hashable, Comparable {
    /// The bytes; above zero.
    public let bytes: Int

    /// So many bytes.
    /// - Precondition: It is above zero.
    public init(_ bytes: Int) {
        precondition(bytes > 0, "memory has a size")
        self.bytes = bytes
    }

    /// An amount as it is written; nil where the text is none, zero, or above 2^60.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).lowercased().trimmingPrefix { $0 == " " }
        guard let number = Double(digits), let shift = Self.shifts[String(unit)] else { return nil }
        let bytes = (number * Double(1 << shift)).rounded(.up)
        guard bytes >= 1, bytes <= Double(1 << 60) else { return nil }
        self.bytes = Int(bytes)
    }

    /// The smaller one first.
    public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }

    /// Whole MiB, rounded up.
    public var mebibytes: Int { (bytes + (1 << 20) - 1) >> 20 }

    /// The part of each of `count`, rounded up.
    public func divided(by count: Int) -> ByteCount { ByteCount((bytes + count - 1) / count) }

    private static let shifts: [String: Int] = {
        var shifts = ["": 0, "b": 0]
        for (index, letter) in ["k", "m", "g", "t"].enumerated() {
            for end in ["", "b", "ib"] { shifts[letter + end] = 10 * (index + 1) }
        }
        return shifts
    }()
}

extension ByteCount: CustomStringConvertible {
    /// Such as `16 GiB` or `1.5 GiB`.
    public var description: String {
        var unit = 0
        var value = Double(bytes)
        while value >= 1024, unit < 4 { (value, unit) = (value / 1024, unit + 1) }
        let tenths = (value * 10).rounded() / 10
        let number = tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
        return "\(number) \(["B", "KiB", "MiB", "GiB", "TiB"][unit])"
    }
}

extension ByteCount: Codable {
    /// Reads bytes, or a text as `init(_:)` does.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let bytes = try? container.decode(Int.self), bytes > 0 {
            self.init(bytes)
        } else if let text = try? container.decode(String.self), let count = ByteCount(text) {
            self = count
        } else {
            throw DecodingError.wrong(decoder, "no amount of memory, such as \"16GiB\"")
        }
    }

    /// Writes bytes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}
