public import Penstock

/// Straightens the attenuations A of a beam of many energies, which grow less than the path through the sample, by a polynomial
/// c1 A + c2 A^2 + c3 A^3 + ...; it has no constant, so air stays air.
///
/// The coefficients belong to a material and a spectrum. G. T. Herman, Phys. Med. Biol. 24, 81, 1979, DOI 10.1088/0031-9155/24/1/008.
public struct CorrectBeamHardening: Operator {
    private let coefficients: [Float]

    /// The factors of A, A^2, A^3 and so on, as many as there are.
    public init(coefficients: [Double]) { self.coefficients = coefficients.map { Float($0) } }

    /// No state.
    public func makeState() -> NoState { NoState() }

    /// Corrects attenuations, after `MinusLog`.
    public func process(
        _ events: Events<Projection>, state: inout NoState, into output: inout Output<Projection>,
        context: OperatorContext
    ) {
        for event in events {
            let corrected = event.value.withValues { values, result in
                for pixel in values.indices {
                    var sum: Float = 0
                    for coefficient in coefficients.reversed() { sum = (sum + coefficient) * values[pixel] }
                    result[pixel] = sum
                }
            }
            output.append(corrected, time: event.time)
        }
    }
}
