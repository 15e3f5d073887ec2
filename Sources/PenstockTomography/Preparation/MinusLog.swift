public import Penstock

/// Turns transmissions T into attenuations -ln(max(T, floor)), the line integrals that a reconstruction takes.
public struct MinusLog: Operator {
    private let floor: Float

    /// The negative logarithm of transmissions, of which those below `floor` count as that; above zero.
    public init(floor: Double = Double(Transmission.floor)) {
        precondition(floor > 0, "the floor of transmissions lies above zero")
        // As a normal number at least: the logarithm knows no others.
        self.floor = max(Float(floor), .leastNormalMagnitude)
    }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Takes the logarithm of the projections, one by one.
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) {
        for event in events {
            let attenuation = event.value.withValues { values, result in
                Transmission.minusLog(values, into: result, floor: floor)
            }
            output.append(attenuation, time: event.time)
        }
    }
}
