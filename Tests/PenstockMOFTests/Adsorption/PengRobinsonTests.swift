import Testing

@testable import PenstockMOF

@Suite struct PengRobinsonTests {
    @Test(
        "fugacity coefficients of carbon dioxide at 298 K are those that RASPA2 prints",
        arguments: [(1e4, 0.99945, 5e-6), (15000, 0.9991793883, 1e-8), (1e5, 0.9945357133, 1e-8)])
    func carbonDioxide(_ pressure: Double, _ expected: Double, _ tolerance: Double) {
        let gas = PengRobinson(
            GuestMolecule.carbonDioxide.criticalPoint, temperatureKelvin: 298, pressurePascal: pressure)
        #expect(abs(gas.fugacityCoefficient - expected) < tolerance)
        #expect(abs(gas.fugacityPascal - pressure * gas.fugacityCoefficient) < 1e-9)
    }

    @Test("the compressibility solves the equation of state, for gas and for liquid")
    func compressibility() {
        for (guest, temperature, pressure) in [
            (GuestMolecule.carbonDioxide, 298.0, 1e6), (.carbonDioxide, 250, 5e6), (.water, 298, 1e5),
            (.nitrogen, 77, 1e4),
        ] {
            let fluid = guest.criticalPoint
            let gas = PengRobinson(fluid, temperatureKelvin: temperature, pressurePascal: pressure)
            // P = R T / (v - b) - a / (v^2 + 2 b v - b^2) with v from Z.
            let (r, omega) = (8.314462618, fluid.acentricFactor)
            let kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega * omega
            let root = 1 + kappa * (1 - (temperature / fluid.temperatureKelvin).squareRoot())
            let a =
                0.45724 * r * r * fluid.temperatureKelvin * fluid.temperatureKelvin * root * root / fluid.pressurePascal
            let b = 0.07780 * r * fluid.temperatureKelvin / fluid.pressurePascal
            let v = gas.compressibility * r * temperature / pressure
            let back = r * temperature / (v - b) - a / (v * v + 2 * b * v - b * b)
            #expect(abs(back / pressure - 1) < 1e-6)
        }
        // Liquid water at room temperature is far denser than its vapour.
        let water = PengRobinson(GuestMolecule.water.criticalPoint, temperatureKelvin: 298, pressurePascal: 1e5)
        #expect(water.compressibility < 0.01)
    }
}
