import Testing

@testable import PenstockMOF

@Suite struct AdsorptionMetricsTests {
    private let high = MetricInput(BlockAverage(value: 3, standardError: 0.3), isConverged: true)
    private let low = MetricInput(BlockAverage(value: 1, standardError: 0.4), isConverged: true)

    @Test("capacity, regenerability, selectivity and score have their values and propagated errors")
    func values() throws {
        let capacity = AdsorptionMetrics.workingCapacity(adsorption: high, desorption: low)
        #expect(capacity.value == 2 && capacity.standardError == 0.5 && capacity.isConverged)
        // 100 (1 - 1/3), and 100/3 (0.4^2 + (0.3/3)^2)^(1/2).
        let regenerability = AdsorptionMetrics.regenerability(adsorption: high, desorption: low)
        #expect(abs(try #require(regenerability.value) - 66.6666667) < 1e-6)
        #expect(abs(try #require(regenerability.standardError) - 100 / 3 * 0.17.squareRoot()) < 1e-9)
        // (3/1) / (0.15/0.85) = 17, with relative errors of 10 % and 40 %.
        let selectivity = AdsorptionMetrics.mixtureSelectivity(loadings: (high, low), pressures: (0.15, 0.85))
        #expect(abs(try #require(selectivity.value) - 17) < 1e-9)
        #expect(abs(try #require(selectivity.standardError) - 17 * 0.17.squareRoot()) < 1e-9)
        let score = AdsorptionMetrics.performanceScore(selectivity: selectivity, workingCapacity: capacity)
        #expect(abs(try #require(score.value) - 34) < 1e-9)
        #expect(abs(try #require(score.standardError) - 34 * (0.17 + 0.0625).squareRoot()) < 1e-9)
    }

    @Test("what is not converged or not defined says so")
    func flags() {
        let poor = MetricInput(low.average, isConverged: false)
        #expect(!AdsorptionMetrics.henrySelectivity(high, over: poor).isConverged)
        let none = MetricInput(BlockAverage(value: 0, standardError: 0), isConverged: true)
        let ratio = AdsorptionMetrics.henrySelectivity(high, over: none)
        #expect(ratio.value == nil && ratio.standardError == nil && !ratio.isConverged)
        let score = AdsorptionMetrics.performanceScore(selectivity: ratio, workingCapacity: ratio)
        #expect(score.value == nil && !score.isConverged)
    }

    @Test("the excess loading is the absolute one less the gas that the pores would hold")
    func excess() {
        let gas = PengRobinson(GuestMolecule.methane.criticalPoint, temperatureKelvin: 298, pressurePascal: 1e6)
        // Half of 10000 Å^3 at 1000 g/mol: 3.01107e-3 m^3/kg of pores.
        let moles = 1e6 * 3.01107038e-3 / (gas.compressibility * 8.314462618 * 298)
        let excess = BlockAverage(value: 5, standardError: 0.1).excess(
            over: gas, temperatureKelvin: 298, voidFraction: 0.5, cellVolume: 10000, cellMass: 1000)
        #expect(abs(excess.value - (5 - moles)) < 1e-6 && excess.standardError == 0.1)
    }
}
