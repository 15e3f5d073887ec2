public import Penstock

/// Turns transmissions T into attenuations -ln(max(T, 1e-6)), the line integrals that a reconstruction takes.
public struct MinusLog: Operator {
    /// The negative logarithm.
    public init() {}

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Takes the logarithm of the projections, one by one.
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) {
        for event in events {
            let attenuation = event.value.withValues { values, result in
                _ = result.update(from: values)
                Transmission.minusLog(result)
            }
            output.append(attenuation, time: event.time)
        }
    }
}
