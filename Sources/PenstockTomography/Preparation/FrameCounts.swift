internal import PenstockEvents

// The one place that looks at the type of a frame's pixels.
extension Frame {
    /// Adds the pixels to a mean.
    func add(to mean: inout FrameMean) {
        switch pixelType {
        case .u8: pixels.withValues(of: UInt8.self) { mean.add($0) }
        case .u16: pixels.withValues(of: UInt16.self) { mean.add($0) }
        case .u32: pixels.withValues(of: UInt32.self) { mean.add($0) }
        case .f32: pixels.withValues(of: Float.self) { mean.add($0) }
        }
    }

    /// The pixels as floating-point numbers.
    var values: [Float] {
        switch pixelType {
        case .u8: pixels.withValues(of: UInt8.self) { $0.map(\.floatValue) }
        case .u16: pixels.withValues(of: UInt16.self) { $0.map(\.floatValue) }
        case .u32: pixels.withValues(of: UInt32.self) { $0.map(\.floatValue) }
        case .f32: pixels.withValues(of: Float.self) { Array($0) }
        }
    }

    /// Normalises the pixels by flat and dark.
    func normalise(
        flat: UnsafeBufferPointer<Float>, dark: UnsafeBufferPointer<Float>,
        into result: UnsafeMutableBufferPointer<Float>
    ) {
        func run<Count: DetectorCount>(_ counts: UnsafeBufferPointer<Count>) {
            Transmission.normalise(counts, flat: flat, dark: dark, into: result)
        }
        switch pixelType {
        case .u8: pixels.withValues(of: UInt8.self, run)
        case .u16: pixels.withValues(of: UInt16.self, run)
        case .u32: pixels.withValues(of: UInt32.self, run)
        case .f32: pixels.withValues(of: Float.self, run)
        }
    }
}
