import Glibc
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

    @Test("a mixture's fugacities are the slopes of its free energy, and those of the pure gas where there is one gas")
    func mixture() {
        let (one, other) = (GuestMolecule.carbonDioxide.criticalPoint, GuestMolecule.nitrogen.criticalPoint)
        /// The residual free energy over R T of so many moles of each.
        func energy(_ first: Double, _ second: Double) -> Double {
            let total = first + second
            let gas = PengRobinson(
                mixture: [(one, first / total), (other, second / total)], temperatureKelvin: 298, pressurePascal: 3e6)
            // Of the whole mixture, by the formula of a pure gas with its own constants.
            let (r, temperature, pressure) = (8.314462618, 298.0, 3e6)
            func constants(_ fluid: GuestMolecule.CriticalPoint) -> (a: Double, b: Double) {
                let omega = fluid.acentricFactor
                let kappa = 0.37464 + 1.54226 * omega - 0.26992 * omega * omega
                let root = 1 + kappa * (1 - (temperature / fluid.temperatureKelvin).squareRoot())
                let size = r * fluid.temperatureKelvin
                return (
                    0.45724 * size * size * root * root / fluid.pressurePascal, 0.07780 * size / fluid.pressurePascal
                )
            }
            let (x, y) = (first / total, second / total)
            let (p, q) = (constants(one), constants(other))
            let a = x * x * p.a + 2 * x * y * (p.a * q.a).squareRoot() + y * y * q.a
            let b = x * p.b + y * q.b
            let (A, B) = (a * pressure / (r * r * temperature * temperature), b * pressure / (r * temperature))
            let z = gas.compressibility
            let two = 2.0.squareRoot()
            return total
                * (z - 1 - log(z - B) - A / (2 * two * B) * log((z + (1 + two) * B) / (z + (1 - two) * B)))
        }
        let gas = PengRobinson(
            mixture: [(one, 0.15), (other, 0.85)], temperatureKelvin: 298, pressurePascal: 3e6)
        let step = 1e-5
        let slopes = [
            (energy(0.15 + step, 0.85) - energy(0.15 - step, 0.85)) / (2 * step),
            (energy(0.15, 0.85 + step) - energy(0.15, 0.85 - step)) / (2 * step),
        ]
        for (slope, coefficient) in zip(slopes, gas.fugacityCoefficients) {
            #expect(abs(slope - log(coefficient)) < 1e-8)
        }
        #expect(abs(gas.fugacitiesPascal[1] - 0.85 * 3e6 * gas.fugacityCoefficients[1]) < 1e-6)
        let pure = PengRobinson(one, temperatureKelvin: 298, pressurePascal: 3e6)
        let halves = PengRobinson(
            mixture: [(one, 0.5), (one, 0.5)], temperatureKelvin: 298, pressurePascal: 3e6)
        #expect(abs(halves.fugacityCoefficients[1] - pure.fugacityCoefficient) < 1e-12)
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
