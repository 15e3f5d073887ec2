/// A type that detectors deliver pixels in.
///
/// Counts become `Float` before anything else happens to them: the difference of two unsigned counts can be negative.
public protocol DetectorCount: BitwiseCopyable, Sendable {
    /// The count as a floating-point number, rounded to the nearest where it has more than 24 bits.
    var floatValue: Float { get }
}

extension UInt8: DetectorCount {
    /// The count, exactly.
    @inlinable public var floatValue: Float { Float(self) }
}

extension UInt16: DetectorCount {
    /// The count, exactly.
    @inlinable public var floatValue: Float { Float(self) }
}

extension UInt32: DetectorCount {
    /// The count, rounded to 24 bits.
    @inlinable public var floatValue: Float { Float(self) }
}

extension Float: DetectorCount {
    /// The value itself.
    @inlinable public var floatValue: Float { self }
}
