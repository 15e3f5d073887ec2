internal import Glibc

/// The Peng-Robinson equation of state of a gas, pure or mixed, at a temperature and a pressure.
///
/// D.-Y. Peng, D. B. Robinson, Ind. Eng. Chem. Fundam. 1976, 15, 59, DOI 10.1021/i160057a011; mixed by the rules of that paper without
/// parameters of pairs.
public struct PengRobinson: Sendable, Hashable {
    /// The pressure in Pa.
    public let pressurePascal: Double
    /// The compressibility Z = P V / (n R T): that of the phase with the lower free energy where there are two.
    public let compressibility: Double
    /// For each component the fugacity over its partial pressure.
    public let fugacityCoefficients: [Double]
    /// For each component the fugacity in Pa.
    public let fugacitiesPascal: [Double]

    /// The fugacity of a pure gas, or of the first component, over the pressure of it.
    public var fugacityCoefficient: Double { fugacityCoefficients[0] }

    /// The fugacity of a pure gas, or of the first component, in Pa.
    public var fugacityPascal: Double { fugacitiesPascal[0] }

    /// The state of a pure gas.
    /// - Precondition: The temperature in K and the pressure in Pa are above zero.
    public init(_ fluid: GuestMolecule.CriticalPoint, temperatureKelvin: Double, pressurePascal: Double) {
        self.init(mixture: [(fluid, 1)], temperatureKelvin: temperatureKelvin, pressurePascal: pressurePascal)
    }

    /// The state of a mixture.
    /// - Parameter components: With mole fractions that add up to 1.
    /// - Precondition: The temperature in K and the pressure in Pa are above zero, no fraction is below.
    public init(
        mixture components: [(fluid: GuestMolecule.CriticalPoint, fraction: Double)], temperatureKelvin: Double,
        pressurePascal: Double
    ) {
        precondition(temperatureKelvin > 0 && pressurePascal > 0, "a gas has a temperature and a pressure above zero")
        let fractions = components.map(\.fraction)
        precondition(
            fractions.allSatisfy { $0 >= 0 } && abs(fractions.reduce(0, +) - 1) < 1e-9, "fractions add up to 1")
        let energy = PhysicalConstants.gas * temperatureKelvin
        // A^(1/2) and B of each component alone at this temperature and pressure.
        let attractions = components.map { fluid, _ in
            let factor = fluid.acentricFactor
            let kappa = 0.37464 + 1.54226 * factor - 0.26992 * factor * factor
            let root = 1 + kappa * (1 - (temperatureKelvin / fluid.temperatureKelvin).squareRoot())
            let criticalEnergy = PhysicalConstants.gas * fluid.temperatureKelvin
            return abs(root) * criticalEnergy / energy * (0.45724 * pressurePascal / fluid.pressurePascal).squareRoot()
        }
        let volumes = components.map { fluid, _ in
            0.07780 * PhysicalConstants.gas * fluid.temperatureKelvin / fluid.pressurePascal * pressurePascal / energy
        }
        let attraction = zip(fractions, attractions).reduce(0) { $0 + $1.0 * $1.1 }
        let (a, b) = (attraction * attraction, zip(fractions, volumes).reduce(0) { $0 + $1.0 * $1.1 })
        func logarithms(_ z: Double) -> [Double] {
            let two = 2.0.squareRoot()
            let pull = a / (2 * two * b) * log((z + (1 + two) * b) / (z + (1 - two) * b))
            return zip(attractions, volumes).map { own, volume in
                volume / b * (z - 1) - log(z - b) - pull * (2 * own / attraction - volume / b)
            }
        }
        // The equation has a root above b, the volume of the molecules themselves; the stable phase has the lowest free energy.
        let roots = Self.roots(b - 1, a - 2 * b - 3 * b * b, b * b + b * b * b - a * b)
        // In a very dense fluid rounding may put the root on b itself.
        let allowed = roots.contains { $0 > b } ? roots.filter { $0 > b } : [b * (1 + 1e-12)]
        let phases = allowed.map { z in
            let logarithms = logarithms(z)
            return (z: z, logarithms, energy: zip(fractions, logarithms).reduce(0) { $0 + $1.0 * $1.1 })
        }
        let stable = phases.min { $0.energy < $1.energy }!
        self.pressurePascal = pressurePascal
        compressibility = stable.z
        fugacityCoefficients = stable.1.map { exp($0) }
        fugacitiesPascal = zip(fractions, fugacityCoefficients).map { $0 * $1 * pressurePascal }
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
