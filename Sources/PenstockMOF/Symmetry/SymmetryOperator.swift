/// An operation of a space group on fractional coordinates: a rotation, perhaps with an inversion, and a translation.
public struct SymmetryOperator: Sendable, Hashable {
    /// The rows of the matrix.
    public let x, y, z: SIMD3<Double>
    /// The translation, each part from 0 to below 1.
    public let translation: SIMD3<Double>

    /// What leaves everything as it is.
    public static let identity = SymmetryOperator(
        x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0), z: SIMD3(0, 0, 1), translation: .zero)

    init(x: SIMD3<Double>, y: SIMD3<Double>, z: SIMD3<Double>, translation: SIMD3<Double>) {
        (self.x, self.y, self.z) = (x, y, z)
        // 0.3333 means a third: translations of space groups are multiples of 1/24 by nature. Whole turns go before the division, so that
        // equal translations have equal bits.
        let parts = (translation - translation.rounded(.down)) * 24
        let whole = parts.rounded(.toNearestOrAwayFromZero)
        let isClose = abs(parts - whole) .< SIMD3(repeating: 0.024)
        let close = parts.replacing(with: whole, where: isClose)
        self.translation = close.replacing(with: 0, where: close .>= 24) / 24
    }

    /// The operator that a text such as `-x+1/2, y, 0.5-z` means, in any case and with blanks anywhere.
    ///
    /// Three sums of x, y, z, decimals and fractions, parted by commas. Nil where it is something else, or where the matrix does not keep
    /// volumes.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let sums = parts.compactMap { Sum(Array($0)) }
        guard sums.count == 3 else { return nil }
        let (x, y, z) = (sums[0].row, sums[1].row, sums[2].row)
        guard abs(abs(dot(x, cross(y, z))) - 1) < 1e-6 else { return nil }
        self.init(x: x, y: y, z: z, translation: SIMD3(sums[0].constant, sums[1].constant, sums[2].constant))
    }

    /// The image of a place, not wrapped into the cell.
    @inline(__always) public func image(of place: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(dot(x, place), dot(y, place), dot(z, place)) + translation
    }

    /// First `other`, then this.
    public func after(_ other: SymmetryOperator) -> SymmetryOperator {
        func row(_ row: SIMD3<Double>) -> SIMD3<Double> { row.x * other.x + row.y * other.y + row.z * other.z }
        return SymmetryOperator(x: row(x), y: row(y), z: row(z), translation: image(of: other.translation))
    }
}

/// A sum of multiples of x, y and z and of numbers.
private struct Sum {
    var row = SIMD3<Double>.zero
    var constant = 0.0

    init?(_ text: [UInt8]) {
        let bytes = text.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D && $0 != 0x0A }
        var at = 0
        guard !bytes.isEmpty else { return nil }
        while at < bytes.count {
            var sign = 1.0
            if bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") {
                sign = bytes[at] == UInt8(ascii: "-") ? -1 : 1
                at += 1
            } else if at > 0 {
                return nil
            }
            var factor: Double?
            if let number = Self.number(bytes, &at) {
                factor = number
                if at < bytes.count, bytes[at] == UInt8(ascii: "/") {
                    at += 1
                    guard let divisor = Self.number(bytes, &at), divisor != 0 else { return nil }
                    factor = number / divisor
                }
                if at < bytes.count, bytes[at] == UInt8(ascii: "*") { at += 1 }
            }
            let axis = at < bytes.count ? Int(bytes[at] | 0x20) - Int(UInt8(ascii: "x")) : -1
            if (0...2).contains(axis) {
                row[axis] += sign * (factor ?? 1)
                at += 1
            } else if let factor {
                constant += sign * factor
            } else {
                return nil
            }
        }
    }

    /// The digits from here on, with one point at most.
    private static func number(_ bytes: [UInt8], _ at: inout Int) -> Double? {
        let start = at
        while at < bytes.count, bytes[at] == UInt8(ascii: ".") || (0x30...0x39).contains(bytes[at]) { at += 1 }
        return at == start ? nil : Double(String(decoding: bytes[start..<at], as: UTF8.self))
    }
}

/// The size of each part.
@inline(__always) private func abs(_ vector: SIMD3<Double>) -> SIMD3<Double> {
    vector.replacing(with: -vector, where: vector .< 0)
}
