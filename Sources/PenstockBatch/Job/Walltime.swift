/// How long a job may run, in whole seconds.
///
/// It is read in the forms that users of batch queues write: `2h`, `90min`, `1h30min`, `02:00:00`, `2:00` (hours and minutes), `1-12:00:00`
/// (days before the dash), `30` (minutes, as Slurm and PSI/J have it).
public struct Walltime: Sendable, Hashable, Comparable {
    /// The seconds; above zero.
    public let seconds: Int

    /// A time of so many seconds.
    /// - Precondition: It is above zero.
    public init(seconds: Int) {
        precondition(seconds > 0, "a job needs time")
        self.seconds = seconds
    }

    /// A time as it is written; nil where the text is none, zero, or longer than 1000 days.
    public init?(_ text: String) {
        guard let seconds = Self.clock(text) ?? Self.units(text), (1...86_400_000).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    /// The shorter one first.
    public static func < (a: Walltime, b: Walltime) -> Bool { a.seconds < b.seconds }

    /// As a duration.
    public var duration: Duration { .seconds(seconds) }

    /// `HH:MM:SS`, with as many digits of hours as it takes: the form that Slurm and PBS read alike.
    public var clock: String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// `[D-]HH:MM[:SS]`, or minutes alone.
    private static func clock(_ text: String) -> Int? {
        var rest = text[...]
        var days = 0
        if let dash = rest.firstIndex(of: "-") {
            guard let number = number(rest[..<dash]) else { return nil }
            days = number
            rest = rest[rest.index(after: dash)...]
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(number)
        guard parts.allSatisfy({ $0 != nil }), parts.dropFirst().allSatisfy({ $0 ?? 0 < 60 }) else { return nil }
        let numbers = parts.compactMap { $0 }
        switch (numbers.count, days > 0 || rest.startIndex != text.startIndex) {
        case (1, false): return numbers[0] * 60
        case (2, false): return numbers[0] * 3600 + numbers[1] * 60
        case (3, _): return days * 86_400 + numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
        default: return nil
        }
    }

    /// Numbers with their units, each unit once, the larger ones first.
    private static func units(_ text: String) -> Int? {
        var rest = text.lowercased().filter { $0 != " " }[...]
        var seconds = 0
        var last = Int.max
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let name = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let number = number(digits), let unit = unitSeconds[String(name)], unit < last else { return nil }
            (seconds, last) = (seconds + number * unit, unit)
            rest = rest.dropFirst(digits.count + name.count)
        }
        return last == .max ? nil : seconds
    }

    private static let unitSeconds = ["d": 86_400, "h": 3600, "min": 60, "m": 60, "s": 1]

    /// At most seven digits, so that no sum overflows.
    private static func number(_ text: Substring) -> Int? {
        guard (1...7).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}

extension Walltime: CustomStringConvertible {
    /// Such as `2h`, `1h30min`, `45s`.
    public var description: String {
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}

extension Walltime: Codable {
    /// Reads a text, as `init(_:)` does.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let walltime = Walltime(text) else {
            throw DecodingError.wrong(decoder, "\"\(text)\" is no walltime, such as \"2h\" or \"02:00:00\"")
        }
        self = walltime
    }

    /// Writes `HH:MM:SS`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(clock)
    }
}

extension DecodingError {
    /// A value that is of the right type and means nothing.
    static func wrong(_ decoder: any Decoder, _ problem: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: problem))
    }
}
