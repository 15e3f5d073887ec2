internal import ArgumentParser

/// Ages on the command line: `90s`, `15min`, `12h`, `7d`, `2w`.
enum Age {
    private static let units: [(name: String, seconds: Double)] = [
        ("ms", 1e-3), ("min", 60), ("s", 1), ("h", 3600), ("d", 86_400), ("w", 604_800),
    ]

    @Sendable static func parse(_ text: String) throws -> Duration {
        guard let unit = units.first(where: { text.hasSuffix($0.name) }),
            let number = Double(text.dropLast(unit.name.count)), number.isFinite, number > 0
        else { throw ValidationError("\"\(text)\" is no age; write for example 90s, 15min, 12h, 7d or 2w") }
        let seconds = number * unit.seconds
        guard seconds <= 0x1p32 else { throw ValidationError("\"\(text)\" is longer than any log lives") }
        return .seconds(seconds)
    }

    /// An age as a person writes it.
    static func text(_ age: Duration) -> String {
        let seconds = age / .seconds(1)
        for unit in units.reversed() where (1...86_400).contains(unit.seconds) {
            let number = seconds / unit.seconds
            if number >= 1, number == number.rounded() { return "\(Int(number))\(unit.name)" }
        }
        return "\(seconds)s"
    }
}
