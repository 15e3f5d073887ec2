/// A number that screening ranks by, with its error and whether what it was made of can be trusted.
public struct AdsorptionMetric: Sendable, Hashable {
    /// The value; nil where it is not defined, such as a ratio to zero.
    public let value: Double?
    /// One standard deviation of the value, by the errors of what it was made of, taken as independent and small.
    public let standardError: Double?
    /// Whether all that it was made of had no flag.
    public let isConverged: Bool

    init(_ value: Double, standardError: Double, isConverged: Bool) {
        // A division by zero or by nearly zero is no number to rank by.
        let isDefined = value.isFinite
        self.value = isDefined ? value : nil
        self.standardError = isDefined && standardError.isFinite ? standardError : nil
        self.isConverged = isConverged && isDefined
    }
}

/// A loading or another average, and whether it can be trusted.
public struct MetricInput: Sendable, Hashable {
    /// The average.
    public let average: BlockAverage
    /// Whether it had no flag.
    public let isConverged: Bool

    /// An average of any simulation.
    public init(_ average: BlockAverage, isConverged: Bool) {
        (self.average, self.isConverged) = (average, isConverged)
    }

    /// The Henry coefficient of an insertion.
    public static func henryCoefficient(_ result: WidomResult) -> MetricInput {
        MetricInput(result.henryCoefficient, isConverged: result.isConverged)
    }

    /// The loading with one of the components of a simulation.
    public static func loading(_ result: GCMCResult, component: Int = 0) -> MetricInput {
        MetricInput(result.loading[component], isConverged: result.isConverged)
    }
}

/// What a framework is worth as an adsorbent, from loadings in mol/kg and Henry coefficients.
public enum AdsorptionMetrics {
    /// What one cycle delivers in mol/kg: the loading at adsorption less that at desorption.
    public static func workingCapacity(adsorption: MetricInput, desorption: MetricInput) -> AdsorptionMetric {
        let (one, other) = (adsorption.average, desorption.average)
        return AdsorptionMetric(
            one.value - other.value, standardError: hypotenuse(one.standardError, other.standardError),
            isConverged: adsorption.isConverged && desorption.isConverged)
    }

    /// The part of the loading that a cycle delivers in per cent: 100 times the working capacity over the loading at adsorption.
    public static func regenerability(adsorption: MetricInput, desorption: MetricInput) -> AdsorptionMetric {
        let (one, other) = (adsorption.average, desorption.average)
        let ratio = other.value / one.value
        return AdsorptionMetric(
            100 * (1 - ratio),
            standardError: 100 * hypotenuse(other.standardError, ratio * one.standardError) / abs(one.value),
            isConverged: adsorption.isConverged && desorption.isConverged)
    }

    /// The ideal selectivity at zero loading: the ratio of two Henry coefficients.
    public static func henrySelectivity(_ wanted: MetricInput, over other: MetricInput) -> AdsorptionMetric {
        mixtureSelectivity(loadings: (wanted, other), pressures: (1, 1))
    }

    /// The selectivity of a mixture: the ratio of the loadings over the ratio of the partial pressures (any unit, both above zero).
    public static func mixtureSelectivity(
        loadings: (wanted: MetricInput, other: MetricInput), pressures: (wanted: Double, other: Double)
    ) -> AdsorptionMetric {
        precondition(pressures.wanted > 0 && pressures.other > 0, "partial pressures are above zero")
        let (one, two) = (loadings.wanted.average, loadings.other.average)
        let ratio = one.value / two.value
        let scale = pressures.other / pressures.wanted
        return AdsorptionMetric(
            scale * ratio,
            standardError: scale * hypotenuse(one.standardError, ratio * two.standardError) / abs(two.value),
            isConverged: loadings.wanted.isConverged && loadings.other.isConverged)
    }

    /// The adsorption performance score in mol/kg, a figure of merit: selectivity times working capacity.
    ///
    /// The errors of its factors are taken as independent, which is rough where both come from one loading.
    public static func performanceScore(
        selectivity: AdsorptionMetric, workingCapacity: AdsorptionMetric
    ) -> AdsorptionMetric {
        let (one, other) = (selectivity.value ?? .nan, workingCapacity.value ?? .nan)
        return AdsorptionMetric(
            one * other,
            standardError: hypotenuse(
                one * (workingCapacity.standardError ?? .nan), other * (selectivity.standardError ?? .nan)),
            isConverged: selectivity.isConverged && workingCapacity.isConverged)
    }

    private static func hypotenuse(_ one: Double, _ other: Double) -> Double {
        (one * one + other * other).squareRoot()
    }
}
