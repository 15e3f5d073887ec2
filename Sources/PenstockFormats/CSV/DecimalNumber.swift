/// Numbers written in decimal digits, read from bytes without a string, exactly: the nearest double.
enum DecimalNumber {
    /// Powers of ten that a double holds exactly.
    private static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// The double nearest to the number; nil where the bytes are none. Blanks around it are passed over; `nan`, `inf`
    /// and `infinity` in any case are numbers.
    ///
    /// An integer up to 2^53 and a power of ten up to 22 are both exact, so that one multiplication or division rounds
    /// once (W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990, DOI 10.1145/93542.93557).
    /// Longer numbers go to the standard library.
    static func double(_ field: UnsafeRawBufferPointer) -> Double? {
        let bytes = trimmed(field)
        var at = 0
        let isNegative = sign(bytes, &at)
        let start = at
        var significand: UInt64 = 0
        var digits = 0
        var exponent = 0
        var seen = 0
        var point = false
        while at < bytes.count {
            let digit = bytes[at] &- 0x30
            if digit < 10 {
                seen += 1
                if significand != 0 || digit != 0 { digits += 1 }
                if digits <= 19 { significand = significand &* 10 &+ UInt64(digit) }
                if point { exponent -= 1 }
            } else if bytes[at] == 0x2E, !point {
                point = true
            } else {
                break
            }
            at += 1
        }
        guard seen > 0 else { return word(bytes, from: start, isNegative) }
        if at < bytes.count {
            guard bytes[at] | 0x20 == 0x65 else { return nil }
            at += 1
            guard let power = integer(bytes, &at), at == bytes.count else { return nil }
            exponent += power
        }
        if significand == 0, digits == 0 { return isNegative ? -0.0 : 0.0 }
        guard digits <= 19, significand <= 1 << 53, abs(exponent) <= 22 else {
            return Double(String(decoding: bytes, as: UTF8.self))
        }
        let magnitude =
            exponent < 0
            ? Double(significand) / exactPowers[-exponent] : Double(significand) * exactPowers[exponent]
        return isNegative ? -magnitude : magnitude
    }

    /// The integer; nil where the bytes are none or it does not fit.
    static func integer(_ field: UnsafeRawBufferPointer) -> Int? {
        let bytes = trimmed(field)
        var at = 0
        let isNegative = sign(bytes, &at)
        guard at < bytes.count else { return nil }
        var value = 0
        while at < bytes.count {
            let digit = bytes[at] &- 0x30
            guard digit < 10 else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            // Summed with its sign, so that the least integer fits.
            let (sum, overflowed) = tenfold.addingReportingOverflow(isNegative ? -Int(digit) : Int(digit))
            if overflow || overflowed { return nil }
            value = sum
            at += 1
        }
        return value
    }

    /// The number times 10 to the power of `decimals`, rounded to the nearest integer, halves away from zero; nil where the bytes are
    /// no number or it does not fit. Numbers with an exponent go over a double.
    static func scaled(_ field: UnsafeRawBufferPointer, decimals: Int) -> Int64? {
        let bytes = trimmed(field)
        var at = 0
        let isNegative = sign(bytes, &at)
        var value: Int64 = 0
        var seen = 0
        var places: Int?
        while at < bytes.count {
            let digit = bytes[at] &- 0x30
            if digit < 10 {
                seen += 1
                if let taken = places {
                    places = taken + 1
                    if taken == decimals, digit >= 5 {
                        guard value < .max else { return nil }
                        value += 1
                    }
                    if taken >= decimals {
                        at += 1
                        continue
                    }
                }
                let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflowed) = tenfold.addingReportingOverflow(Int64(digit))
                if overflow || overflowed { return nil }
                value = sum
            } else if bytes[at] == 0x2E, places == nil {
                places = 0
            } else {
                return double(field).flatMap { Int64(exactly: ($0 * exactPowers[decimals]).rounded()) }
            }
            at += 1
        }
        guard seen > 0 else { return nil }
        for _ in min(places ?? 0, decimals)..<decimals {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = tenfold
        }
        return isNegative ? -value : value
    }

    private static func trimmed(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var lower = 0
        var upper = field.count
        while lower < upper, field[lower] == 0x20 || field[lower] == 0x09 { lower += 1 }
        while upper > lower, field[upper - 1] == 0x20 || field[upper - 1] == 0x09 { upper -= 1 }
        return UnsafeRawBufferPointer(rebasing: field[lower..<upper])
    }

    private static func sign(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
        guard at < bytes.count, bytes[at] == 0x2D || bytes[at] == 0x2B else { return false }
        at += 1
        return bytes[at - 1] == 0x2D
    }

    /// The exponent's integer, held within a range that no double leaves.
    private static func integer(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int? {
        let isNegative = sign(bytes, &at)
        let start = at
        var value = 0
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            value = min(1_000_000, value * 10 + Int(bytes[at] &- 0x30))
            at += 1
        }
        return at == start ? nil : isNegative ? -value : value
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, from start: Int, _ isNegative: Bool) -> Double? {
        let letters = bytes[start...].map { $0 | 0x20 }
        if letters.elementsEqual("nan".utf8) { return .nan }
        guard letters.elementsEqual("inf".utf8) || letters.elementsEqual("infinity".utf8) else { return nil }
        return isNegative ? -.infinity : .infinity
    }
}
