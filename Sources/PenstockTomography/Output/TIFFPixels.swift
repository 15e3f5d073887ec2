internal import PenstockFormats

/// What the pixels of a TIFF image of a slice are.
public enum TIFFPixels: Sendable, Hashable {
    /// The attenuation in 1/pixel, 32-bit floating-point numbers.
    case float32
    /// 16-bit whole numbers: 0 stands for the lower bound of a range of attenuations in 1/pixel and for all below, 65535 for the upper bound
    /// and all above, and the steps between are equal. The image's description says so.
    case uint16(ClosedRange<Float>)

    /// Writes a square image of attenuations.
    func write(_ values: UnsafeBufferPointer<Float>, size: Int, to path: String) throws(FormatError) {
        switch self {
        case .float32: try TIFFFile.write(values, rows: size, columns: size, to: path)
        case .uint16(let range):
            let numbers = values.map { Self.number(of: $0, in: range) }
            let description = "0 is \(range.lowerBound) 1/pixel, 65535 is \(range.upperBound) 1/pixel"
            var failure: FormatError?
            numbers.withUnsafeBufferPointer { numbers in
                do throws(FormatError) {
                    try TIFFFile.write(numbers, rows: size, columns: size, to: path, description: description)
                } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// The nearest of the 65,536 numbers. What is not a number is 0.
    static func number(of value: Float, in range: ClosedRange<Float>) -> UInt16 {
        let part = (Double(value) - Double(range.lowerBound)) / (Double(range.upperBound) - Double(range.lowerBound))
        return part > 0 ? UInt16((min(part, 1) * 65535).rounded()) : 0
    }
}
