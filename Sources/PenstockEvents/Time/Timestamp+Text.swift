/// Instants as text of ISO 8601 in UTC, to the nanosecond: `2026-11-21T05:31:25.000000001Z`.
///
/// Days are counted in the proleptic Gregorian calendar, leap seconds are not counted, as in POSIX.
extension Timestamp {
    /// The instant as `2026-11-21T05:31:25.000000001Z`, with nine digits of the second always.
    public var iso8601: String {
        let second = Timestamp.floored(nanoseconds, 1_000_000_000)
        let day = Timestamp.floored(second.quotient, 86_400)
        let (year, month, date) = Timestamp.date(ofDay: day.quotient)
        let time = day.rest
        return Timestamp.digits(year, 4) + "-" + Timestamp.digits(month, 2) + "-" + Timestamp.digits(date, 2) + "T"
            + Timestamp.digits(time / 3600, 2) + ":" + Timestamp.digits(time / 60 % 60, 2) + ":"
            + Timestamp.digits(time % 60, 2) + "." + Timestamp.digits(second.rest, 9) + "Z"
    }

    /// Reads what `iso8601` gives, and shorter forms: without the time of day (`2026-11-21`), without seconds or with fewer digits of
    /// them, with an offset instead of `Z` (`+01:00`); without either it is UTC. Nil where it is none or outside of the years 1678 to 2261.
    public init?(iso8601 text: some StringProtocol) {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), (1...12).contains(month),
            scanner.take("-"), let date = scanner.number(2), date >= 1, date <= Timestamp.days(in: month, of: year)
        else { return nil }
        var seconds = Timestamp.day(of: year, month, date) * 86_400
        var fraction: Int64 = 0
        if scanner.take("T") || scanner.take(" ") {
            guard let hour = scanner.number(2), hour < 24, scanner.take(":"), let minute = scanner.number(2),
                minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if scanner.take(":") {
                guard let second = scanner.number(2), second < 60 else { return nil }
                seconds += second
                if scanner.take(".") {
                    guard let digits = scanner.fraction() else { return nil }
                    fraction = digits
                }
            }
            guard let offset = scanner.zone() else { return nil }
            seconds -= offset
        }
        guard scanner.isAtEnd else { return nil }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !overflowed else { return nil }
        self.init(nanoseconds: sum)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        private mutating func digit() -> Int64? {
            guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else {
                return nil
            }
            defer { position += 1 }
            return Int64(bytes[position] - UInt8(ascii: "0"))
        }

        mutating func number(_ count: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// One to nine digits behind the point, in nanoseconds.
        mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var count = 0
            while let digit = digit() {
                count += 1
                guard count <= 9 else { return nil }
                value = value * 10 + digit
            }
            guard count > 0 else { return nil }
            for _ in count..<9 { value *= 10 }
            return value
        }

        /// Seconds east of Greenwich.
        mutating func zone() -> Int64? {
            if isAtEnd || take("Z") { return 0 }
            let sign: Int64
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hour = number(2), hour < 24 else { return nil }
            _ = take(":")
            guard let minute = number(2), minute < 60 else { return nil }
            return sign * (hour * 3600 + minute * 60)
        }
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }

    private static func digits(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Years are counted from March, so that the leap day is the last of its year, and in eras of 400 years of 146,097 days;
    // day 719,468 of year 0 is 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms", 2013).
    private static func day(of year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let (era, yearOfEra) = floored(month > 2 ? year : year - 1, 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let (era, dayOfEra) = floored(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}
