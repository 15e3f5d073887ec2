#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What atoms see around them by distance and by angle, as means over the atoms of each class.
///
/// Radial, G2: the sum of exp(-η (r - Rs)^2) fc(r) over neighbours. Angular, G4: 2^(1 - ζ) times the sum of (1 + λ cos θ)^ζ exp(-η (r_ij^2 + r_ik^2 +
/// r_jk^2)) fc(r_ij) fc(r_ik) fc(r_jk) over pairs of neighbours. fc(r) = (cos(π r / rc) + 1) / 2 up to the cutoff rc. J. Behler, J. Chem. Phys. 134
/// (2011) 074106, DOI 10.1063/1.3553717. Means are the same for a repeated cell, another choice of its vectors and another order of the atoms.
public struct SymmetryFunctions: Sendable, Hashable {
    /// Parameters of a function of distances.
    public struct Radial: Sendable, Hashable {
        /// η in 1/Å^2, not negative.
        public let eta: Double
        /// Rs in Å.
        public let shift: Double

        /// A function.
        public init(eta: Double, shift: Double) { (self.eta, self.shift) = (eta, shift) }
    }

    /// Parameters of a function of angles.
    public struct Angular: Sendable, Hashable {
        /// η in 1/Å^2, not negative.
        public let eta: Double
        /// 1 for a maximum at no angle, -1 for one at 180 degrees.
        public let lambda: Double
        /// ζ, 1 or more: larger numbers see angles more sharply.
        public let zeta: Int

        /// A function.
        public init(eta: Double, lambda: Double, zeta: Int) {
            precondition(zeta > 0 && abs(lambda) == 1, "ζ is 1 or more and λ is 1 or -1")
            (self.eta, self.lambda, self.zeta) = (eta, lambda, zeta)
        }
    }

    /// Beyond rc in Å atoms do not see each other.
    public let cutoff: Double
    /// Functions of distances.
    public let radial: [Radial]
    /// Functions of angles.
    public let angular: [Angular]

    /// Functions with a cutoff in Å above zero.
    public init(
        cutoff: Double = 6, radial: [Radial] = SymmetryFunctions.defaultRadial,
        angular: [Angular] = SymmetryFunctions.defaultAngular
    ) {
        precondition(cutoff > 0 && cutoff.isFinite, "a cutoff is above zero")
        (self.cutoff, self.radial, self.angular) = (cutoff, radial, angular)
    }

    /// Shells 1 Å apart from 1 to 5 Å.
    public static let defaultRadial = (1...5).map { Radial(eta: 2, shift: Double($0)) }
    /// Both signs of λ, blunt and sharp.
    public static let defaultAngular = [1, 4].flatMap { zeta in
        [1.0, -1.0].map { Angular(eta: 0.02, lambda: $0, zeta: zeta) }
    }

    /// The names of the values: for each class the radial functions, then the angular ones.
    public var names: [String] {
        AtomClass.allCases.flatMap { kind in
            radial.map { "g2_\(kind.rawValue)_\($0.eta)_\($0.shift)" }
                + angular.map { "g4_\(kind.rawValue)_\($0.eta)_\(Int($0.lambda))_\($0.zeta)" }
        }
    }

    /// The means of a crystal; zero for classes of which it has no atoms.
    public func values(of crystal: Crystal) -> [Double] {
        var neighbours = [[Neighbour]](repeating: [], count: crystal.atoms.count)
        let pairs = CellList(crystal.atoms.map(\.position), in: crystal.cell, cutoff: cutoff)
        pairs.forEachPair { one, _, _, vector, square in
            let distance = square.squareRoot()
            guard distance > 0, distance < cutoff else { return true }
            neighbours[one].append(Neighbour(vector: vector, distance: distance, damping: damping(distance)))
            return true
        }
        let classes = AtomClass.allCases
        let size = radial.count + angular.count
        var sums = [Double](repeating: 0, count: classes.count * size)
        var counts = [Double](repeating: 0, count: classes.count)
        for (atom, around) in zip(crystal.atoms, neighbours) {
            let place = classes.firstIndex(of: AtomClass(atom.element))!
            counts[place] += 1
            for (slot, function) in radial.enumerated() { sums[place * size + slot] += value(function, around) }
            let angles = angularValues(around)
            for (slot, value) in angles.enumerated() { sums[place * size + radial.count + slot] += value }
        }
        return sums.indices.map { counts[$0 / size] == 0 ? 0 : sums[$0] / counts[$0 / size] }
    }

    private struct Neighbour {
        let vector: SIMD3<Double>
        let distance: Double
        let damping: Double
    }

    private func damping(_ distance: Double) -> Double { 0.5 * (cos(.pi * distance / cutoff) + 1) }

    private func value(_ function: Radial, _ neighbours: [Neighbour]) -> Double {
        neighbours.reduce(0) { sum, neighbour in
            let offset = neighbour.distance - function.shift
            return sum + exp(-function.eta * offset * offset) * neighbour.damping
        }
    }

    private func angularValues(_ neighbours: [Neighbour]) -> [Double] {
        var sums = [Double](repeating: 0, count: angular.count)
        for second in neighbours.indices {
            for first in 0..<second {
                let (one, other) = (neighbours[first], neighbours[second])
                let across = other.vector - one.vector
                let square = dot(across, across)
                guard square < cutoff * cutoff else { continue }
                let cosine = dot(one.vector, other.vector) / (one.distance * other.distance)
                let weight = one.damping * other.damping * damping(square.squareRoot())
                let size = one.distance * one.distance + other.distance * other.distance + square
                for (slot, function) in angular.enumerated() {
                    // Half of 1 + λ cos θ, so that 2^(1 - ζ) leaves a factor of 2. Rounding may bring it below zero.
                    let half = max(0, 0.5 * (1 + function.lambda * cosine))
                    let power = (0..<function.zeta).reduce(1.0) { power, _ in power * half }
                    sums[slot] += 2 * power * exp(-function.eta * size) * weight
                }
            }
        }
        return sums
    }
}
