internal import Glibc

/// The energies of two unit charges on atoms of a crystal, each with all its images, in eV/e^2.
///
/// Two charges at a distance r have C (1/r + exp(-a²r²) (2a - a²r - 1/r)) with a = √(Ji Jj) / e²: Coulomb's law far away, 2aC where the atoms
/// coincide. The part 1/r is an Ewald sum, the rest goes to zero within 10 Å. Terms that are the same for all pairs, as that of an even background,
/// are left out: they do not count in a neutral cell.
struct ChargeInteractions {
    /// e^2 / (4 π ε0) in eV Å, as rounded in the authors' program.
    static let coulomb = 14.4
    /// By how much the interactions of charges are screened: half of the factor λ = 1.2 of the authors' program, or a relative permittivity of 1.67.
    static let screening = 0.6
    /// How far sums reach, in units of the width of their Gaussian functions: terms beyond are 1e-8 of the first.
    private static let accuracy = 4.3
    /// The softening of the softest atoms, germanium, ends before this many Å.
    private static let shortestReach = 10.0

    private let cell: UnitCell
    private let hardnesses: [Double]
    /// Cartesian, in Å.
    private let places: [SIMD3<Double>]
    private let reach: Double
    /// Where the Ewald sum is split, in 1/Å.
    private let alpha: Double
    /// Lattice vectors that may bring a nearest image within reach, from the shortest.
    private let translations: [SIMD3<Double>]

    /// - Parameter hardnesses: Of the atoms in their order, in eV/e^2, above zero.
    init(_ crystal: Crystal, hardnesses: [Double]) {
        cell = crystal.cell.reduced()
        self.hardnesses = hardnesses
        places = crystal.atoms.map { crystal.cell.cartesian($0.position) }
        // With this reach the sums over neighbours and over wave vectors cost about the same in cells of any size.
        reach = max(cubeRoot(cell.volume), Self.shortestReach)
        alpha = Self.accuracy / reach
        let halfDiagonal = (length(cell.a) + length(cell.b) + length(cell.c)) / 2
        translations = Self.vectors(cell.a, cell.b, cell.c, widths: cell.widths, within: reach + halfDiagonal)
            .sorted { dot($0, $0) < dot($1, $1) }
    }

    /// All interactions, with the hardnesses on the diagonal and a number added everywhere.
    func matrix(addingToAll number: Double) -> SquareMatrix {
        let count = places.count
        var matrix = SquareMatrix(size: count)
        matrix.values.withUnsafeMutableBufferPointer { values in
            for row in 0..<count {
                values[row * count + row] = number + hardnesses[row] + near(row, row)
                for column in row + 1..<count { values[row * count + column] = number + near(row, column) }
            }
        }
        matrix.addGram(far())
        return matrix
    }

    /// What the images of one atom within reach of another have, but for the sum over wave vectors.
    private func near(_ first: Int, _ second: Int) -> Double {
        let apart = places[first] - places[second]
        let nearest = apart - cell.cartesian(cell.fractional(apart).rounded(.toNearestOrEven))
        let distance = length(nearest)
        let softness = (hardnesses[first] * hardnesses[second]).squareRoot() / Self.coulomb
        // An atom does not feel itself, but the wave vectors have its Gaussian charge in them.
        var sum = first == second ? -2 * alpha / Double.pi.squareRoot() : 0
        let (square, farthest) = (reach * reach, (reach + distance) * (reach + distance))
        for translation in translations {
            guard dot(translation, translation) <= farthest else { break }
            let image = nearest + translation
            let apart = dot(image, image)
            guard apart < square, first != second || translation != .zero else { continue }
            sum += pair(apart, softness)
        }
        return Self.screening * Self.coulomb * sum
    }

    /// What two charges have, without the part that is smooth enough for wave vectors.
    private func pair(_ square: Double, _ softness: Double) -> Double {
        let distance = square.squareRoot()
        guard distance > 1e-4 else { return 2 * softness - 2 * alpha / Double.pi.squareRoot() }
        let screened = erfc(alpha * distance) / distance
        let exponent = softness * softness * square
        guard exponent < 24 else { return screened }
        return screened + exp(-exponent) * (2 * softness - softness * softness * distance - 1 / distance)
    }

    /// A row for the cosines and a row for the sines of each wave vector, so that the products of columns add up to its part of the interactions.
    private func far() -> [Double] {
        let cutoff = 2 * Self.accuracy * alpha
        let (a, b, c) = cell.reciprocal
        let widths = 1 / cell.lengths
        let strength = 8 * Double.pi / cell.volume * Self.screening * Self.coulomb
        var table: [Double] = []
        for vector in Self.vectors(a, b, c, widths: widths, within: cutoff / (2 * .pi)) {
            // Of a vector and its opposite one is enough.
            guard (vector.x, vector.y, vector.z) > (0, 0, 0) else { continue }
            let wave = 2 * .pi * vector
            let square = dot(wave, wave)
            let factor = (strength * exp(-square / (4 * alpha * alpha)) / square).squareRoot()
            table.append(contentsOf: places.lazy.map { factor * cos(dot(wave, $0)) })
            table.append(contentsOf: places.lazy.map { factor * sin(dot(wave, $0)) })
        }
        return table
    }

    /// All sums of multiples of three vectors up to a length; `widths` are the distances of the planes of multiples.
    private static func vectors(
        _ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>, widths: SIMD3<Double>, within longest: Double
    ) -> [SIMD3<Double>] {
        let most = (longest / widths + 1e-9).rounded(.down)
        var vectors: [SIMD3<Double>] = []
        for x in -Int(most.x)...Int(most.x) {
            for y in -Int(most.y)...Int(most.y) {
                for z in -Int(most.z)...Int(most.z) {
                    let vector = Double(x) * a + Double(y) * b + Double(z) * c
                    if dot(vector, vector) <= longest * longest { vectors.append(vector) }
                }
            }
        }
        return vectors
    }
}
