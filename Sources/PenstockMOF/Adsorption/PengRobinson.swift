internal import Glibc

/// The Peng-Robinson equation of state of a pure gas at a temperature and a pressure.
///
/// D.-Y. Peng, D. B. Robinson, Ind. Eng. Chem. Fundam. 1976, 15, 59, DOI 10.1021/i160057a011.
public struct PengRobinson: Sendable, Hashable {
    /// The pressure in Pa.
    public let pressurePascal: Double
    /// The compressibility Z = P V / (n R T): that of the phase with the lower fugacity where there are two.
    public let compressibility: Double
    /// The fugacity over the pressure.
    public let fugacityCoefficient: Double

    /// The fugacity in Pa.
    public var fugacityPascal: Double { fugacityCoefficient * pressurePascal }

    /// The state of a gas.
    /// - Precondition: The temperature in K and the pressure in Pa are above zero.
    public init(_ fluid: GuestMolecule.CriticalPoint, temperatureKelvin: Double, pressurePascal: Double) {
        precondition(temperatureKelvin > 0 && pressurePascal > 0, "a gas has a temperature and a pressure above zero")
        let factor = fluid.acentricFactor
        let kappa = 0.37464 + 1.54226 * factor - 0.26992 * factor * factor
        let root = 1 + kappa * (1 - (temperatureKelvin / fluid.temperatureKelvin).squareRoot())
        let criticalEnergy = PhysicalConstants.gas * fluid.temperatureKelvin
        let energy = PhysicalConstants.gas * temperatureKelvin
        let attraction = 0.45724 * criticalEnergy * criticalEnergy * root * root / fluid.pressurePascal
        let a = attraction * pressurePascal / (energy * energy)
        let b = 0.07780 * criticalEnergy / fluid.pressurePascal * pressurePascal / energy
        func logarithm(_ z: Double) -> Double {
            let two = 2.0.squareRoot()
            return z - 1 - log(z - b) - a / (2 * two * b) * log((z + (1 + two) * b) / (z + (1 - two) * b))
        }
        // The equation has a root above b, the volume of the molecules themselves; the stable phase has the lowest fugacity.
        let roots = Self.roots(b - 1, a - 2 * b - 3 * b * b, b * b + b * b * b - a * b)
        // In a very dense fluid rounding may put the root on b itself.
        let allowed = roots.contains { $0 > b } ? roots.filter { $0 > b } : [b * (1 + 1e-12)]
        let stable = allowed.map { ($0, logarithm($0)) }.min { $0.1 < $1.1 }!
        self.pressurePascal = pressurePascal
        (compressibility, fugacityCoefficient) = (stable.0, exp(stable.1))
    }

    /// The real roots of z^3 + p z^2 + q z + r, made exact by Newton's steps.
    private static func roots(_ p: Double, _ q: Double, _ r: Double) -> [Double] {
        let third = (3 * q - p * p) / 9
        let half = (9 * p * q - 27 * r - 2 * p * p * p) / 54
        let discriminant = third * third * third + half * half
        var roots: [Double]
        if discriminant > 0 {
            roots = [cbrt(half + discriminant.squareRoot()) + cbrt(half - discriminant.squareRoot()) - p / 3]
        } else {
            let size = (-third).squareRoot()
            let angle = size > 0 ? acos(max(-1, min(1, half / (size * size * size)))) : 0
            roots = (0..<3).map { 2 * size * cos((angle + 2 * .pi * Double($0)) / 3) - p / 3 }
        }
        for index in roots.indices {
            for _ in 0..<3 {
                let z = roots[index]
                let slope = (3 * z + 2 * p) * z + q
                if slope != 0 { roots[index] = z - (((z + p) * z + q) * z + r) / slope }
            }
        }
        return roots
    }
}
