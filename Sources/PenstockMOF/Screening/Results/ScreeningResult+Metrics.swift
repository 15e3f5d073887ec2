extension ScreeningResult {
    /// The loading at a pressure; nil where that was not simulated.
    func uptake(at pressure: Pressure) -> Uptake? { uptakes.first { $0.pressure == pressure } }

    /// The loadings of the mixture at a pressure; nil where that was not simulated.
    func mixtureUptake(at pressure: Pressure) -> MixtureUptake? {
        mixtureUptakes.first { $0.pressure == pressure }
    }

    /// The ideal selectivity over the competitor at zero loading; nil where either is not known.
    public var henrySelectivity: AdsorptionMetric? {
        guard let henryCoefficient, let competitor else { return nil }
        return AdsorptionMetrics.henrySelectivity(
            input(henryCoefficient, henryError), over: input(competitor.henryCoefficient, competitor.henryError))
    }

    /// The selectivity over the competitor in the mixture at a pressure; nil where that was not simulated.
    public func mixtureSelectivity(at pressure: Pressure) -> AdsorptionMetric? {
        guard let found = mixtureUptake(at: pressure) else { return nil }
        return AdsorptionMetrics.mixtureSelectivity(
            loadings: (
                input(found.loading, found.standardError), input(found.competitorLoading, found.competitorStandardError)
            ), pressures: (found.fraction, 1 - found.fraction))
    }

    /// What a cycle between two pressures delivers, in mol/kg; nil where one of the loadings is not known.
    public func workingCapacity(from adsorption: Pressure, to desorption: Pressure) -> AdsorptionMetric? {
        guard let full = loading(at: adsorption), let empty = loading(at: desorption) else { return nil }
        return AdsorptionMetrics.workingCapacity(adsorption: full, desorption: empty)
    }

    /// The part of the loading that a cycle between two pressures delivers, in per cent; nil where one of the loadings is not known.
    public func regenerability(from adsorption: Pressure, to desorption: Pressure) -> AdsorptionMetric? {
        guard let full = loading(at: adsorption), let empty = loading(at: desorption) else { return nil }
        return AdsorptionMetrics.regenerability(adsorption: full, desorption: empty)
    }

    /// The adsorption performance score of a cycle between two pressures, in mol/kg: the working capacity times the selectivity, that of the
    /// mixture at the higher pressure where it was simulated, else that at zero loading. Nil where a factor is not known.
    public func performanceScore(from adsorption: Pressure, to desorption: Pressure) -> AdsorptionMetric? {
        guard let selectivity = mixtureSelectivity(at: adsorption) ?? henrySelectivity,
            let capacity = workingCapacity(from: adsorption, to: desorption)
        else { return nil }
        return AdsorptionMetrics.performanceScore(selectivity: selectivity, workingCapacity: capacity)
    }

    private func loading(at pressure: Pressure) -> MetricInput? {
        uptake(at: pressure).map { input($0.loading, $0.standardError) }
    }

    /// What cannot be trusted is flagged for the whole row.
    private func input(_ value: Double, _ standardError: Double?) -> MetricInput {
        MetricInput(
            BlockAverage(value: value, standardError: standardError ?? .infinity), isConverged: isConverged ?? false)
    }
}
