internal import ArgumentParser
internal import PenstockCommands

/// Ages on the command line: `90s`, `15min`, `12h`, `7d`, `2w`.
enum Age {
    @Sendable static func parse(_ text: String) throws -> Duration {
        guard case let (number, unit?)? = TimeUnit.split(text), unit != .ns, unit != .us, number > 0 else {
            throw ValidationError("\"\(text)\" is no age; write for example 90s, 15min, 12h, 7d or 2w")
        }
        let seconds = number * unit.nanoseconds / 1e9
        guard seconds <= 0x1p32 else { throw ValidationError("\"\(text)\" is longer than any log lives") }
        return .seconds(seconds)
    }

    /// An age as a person writes it.
    static func text(_ age: Duration) -> String {
        let seconds = age / .seconds(1)
        for unit in [TimeUnit.d, .h, .min, .s] {
            let number = seconds * 1e9 / unit.nanoseconds
            if number >= 1, number == number.rounded() { return "\(Int(number))\(unit.rawValue)" }
        }
        return "\(seconds)s"
    }
}
