public import Penstock
internal import PenstockEvents

/// Cuts slices to a square around the rotation axis, which then lies on column width/2 and row width/2 - 1 (rounded down) of what is left.
public struct CropSlices: Operator {
    private let width: Int

    /// Slices of `width` x `width` pixels.
    public init(width: Int) {
        precondition(width > 0, "a slice has at least one column")
        self.width = width
    }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Cuts the slices, one by one.
    /// - Throws: `TomographyError.sliceTooSmall`
    public func process(
        _ events: Events<ReconstructedSlice>, state: inout NoState, into output: inout Output<ReconstructedSlice>,
        context: OperatorContext
    ) throws {
        for event in events { output.append(try cut(event.value), time: event.time) }
    }

    private func cut(_ slice: ReconstructedSlice) throws -> ReconstructedSlice {
        let (size, width) = (slice.size, width)
        guard width <= size else { throw TomographyError.sliceTooSmall(width: width, size: size) }
        guard width < size else { return slice }
        // The axis is on row size - 1 - size/2 and column size/2 before, and likewise after.
        let firstColumn = size / 2 - width / 2
        let firstRow = (size - 1 - size / 2) - (width - 1 - width / 2)
        var result = slice
        result.size = width
        result.pixels = Payload(byteCount: 4 * width * width) { bytes in
            let target = bytes.bindMemory(to: Float.self)
            slice.pixels.withValues(of: Float.self) { source in
                for row in 0..<width {
                    let start = (firstRow + row) * size + firstColumn
                    for column in 0..<width { target[row * width + column] = source[start + column] }
                }
            }
        }
        return result
    }
}
