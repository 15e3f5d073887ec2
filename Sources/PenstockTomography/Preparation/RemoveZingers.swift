public import Penstock

/// Replaces single pixels that are far too bright, where a stray X-ray photon hit the sensor, by the median of the five pixels around
/// them in their row.
public struct RemoveZingers: Operator {
    private let threshold: Float

    /// Replaces a transmission that exceeds the median by at least `threshold`; in transmission, 0.1 to 0.2 is usual.
    public init(threshold: Double) { self.threshold = Float(threshold) }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Cleans the projections, one by one.
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) {
        for event in events {
            let columns = event.value.columns
            let cleaned = event.value.withValues { values, result in
                _ = result.update(from: values)
                for row in stride(from: 0, to: result.count, by: columns) {
                    Zingers.remove(
                        fromRow: UnsafeMutableBufferPointer(rebasing: result[row..<row + columns]), threshold: threshold
                    )
                }
            }
            output.append(cleaned, time: event.time)
        }
    }
}
