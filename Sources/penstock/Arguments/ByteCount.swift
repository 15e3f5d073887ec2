internal import ArgumentParser

/// Numbers of bytes on the command line: `65536`, `64KiB`, `1.5GB`.
///
/// `kB`, `MB`, `GB` and `TB` are powers of 1,000; `KiB`, `MiB`, `GiB` and `TiB` are powers of 1,024.
enum ByteCount {
    private static let units: [(name: String, bytes: Double)] = [
        ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9),
        ("TB", 1e12), ("B", 1), ("", 1),
    ]

    @Sendable static func parse(_ text: String) throws -> Int {
        let unit = units.first { text.hasSuffix($0.name) } ?? ("", 1)
        let digits = text.dropLast(unit.name.count).filter { $0 != " " }
        guard let number = Double(digits), number.isFinite, number >= 0, digits.first?.isNumber == true else {
            throw ValidationError("\"\(text)\" is no number of bytes; write for example 1048576, 64MiB or 1.5GB")
        }
        let bytes = (number * unit.bytes).rounded()
        guard bytes <= 0x1p62 else { throw ValidationError("\"\(text)\" is more bytes than any log can hold") }
        return Int(bytes)
    }

    /// A number of bytes as a person reads it.
    static func text(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1024 || unit == "TiB" {
                let tenths = (value * 10).rounded() / 10
                return unit == "B" || tenths == tenths.rounded() ? "\(Int(tenths)) \(unit)" : "\(tenths) \(unit)"
            }
            value /= 1024
        }
        return "\(bytes) B"
    }
}
