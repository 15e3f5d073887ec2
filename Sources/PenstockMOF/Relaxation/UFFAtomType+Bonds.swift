internal import Glibc

extension UFFAtomType {
    /// The type of an atom with these neighbours, whose own types do not matter but for oxygen, nitrogen and sulfur beside flat carbon.
    ///
    /// Carbon has its type by the number of its neighbours: 4, 3 (`C_R`), 2 or fewer. Nitrogen of three neighbours is flat or not, that of two bent
    /// or straight; oxygen and sulfur of two are `O_R` and `S_R` beside carbon of three neighbours. Metals with a type for four and one for six
    /// neighbours have the first with up to four.
    static func type(of element: Element, bonds: [BondGraph.Neighbour], isBesideFlatCarbon: Bool) -> UFFAtomType {
        let names = names(of: element)
        let name: String
        switch element.symbol {
        case "H": name = bonds.count > 1 ? "H_b" : "H_"
        case "B": name = bonds.count > 3 ? "B_3" : "B_2"
        case "C": name = bonds.count > 3 ? "C_3" : bonds.count == 3 ? "C_R" : "C_1"
        case "N":
            switch bonds.count {
            case 0, 1: name = "N_1"
            case 2: name = angleSum(bonds) > 160 ? "N_1" : "N_R"
            case 3: name = angleSum(bonds) > 350 ? "N_R" : "N_3"
            default: name = "N_3"
            }
        case "O": name = bonds.count < 2 ? "O_2" : isBesideFlatCarbon ? "O_R" : "O_3"
        case "P": name = bonds.count > 3 ? "P_3+5" : "P_3+3"
        case "S":
            switch bonds.count {
            case 0, 1: name = "S_2"
            case 2: name = isBesideFlatCarbon ? "S_R" : "S_3+2"
            case 3: name = "S_3+4"
            default: name = "S_3+6"
            }
        case "W": name = bonds.count > 4 ? "W_6+6" : "W_3+6"
        default:
            let digit: Character = bonds.count > 4 ? "6" : "3"
            name = names.first { $0.dropFirst(2).first == digit } ?? names[0]
        }
        return UFFAtomType(name: name)!
    }

    /// The sum of the angles between neighbours, in degrees.
    private static func angleSum(_ bonds: [BondGraph.Neighbour]) -> Double {
        var sum = 0.0
        for first in bonds.indices {
            for second in bonds.indices where second > first {
                sum += angleDegrees(bonds[first].vector, bonds[second].vector)
            }
        }
        return sum
    }
}

/// The terms of UFF for bonds, angles and inversions, with energies in kcal/mol.
enum UFFTerms {
    /// e^2 / (4 pi epsilon_0) and the factor of the paper, in kcal/mol Å/e^2.
    static let strength = 664.12

    /// The natural length of a bond of an order, in Å: the two radii, less what order and electronegativity take away.
    ///
    /// The correction for electronegativity is subtracted, as all programs do; the paper prints it with the other sign.
    static func length(_ first: UFFAtomType, _ second: UFFAtomType, order: Double) -> Double {
        let sum = first.radius + second.radius
        let ofOrder = 0.1332 * sum * log(order)
        let root = first.electronegativity.squareRoot() - second.electronegativity.squareRoot()
        let weighted = first.electronegativity * first.radius + second.electronegativity * second.radius
        return sum - ofOrder - first.radius * second.radius * root * root / weighted
    }

    /// The orders that a bond may have: of those that fit its two ends, the one whose natural length is closest to the length as found.
    static func order(_ first: UFFAtomType, _ second: UFFAtomType, found: Double) -> Double {
        guard first.isUnsaturated, second.isUnsaturated else { return 1 }
        let orders = [1, 1.5, 2, 3]
        return orders.min { left, right in
            abs(length(first, second, order: left) - found) < abs(length(first, second, order: right) - found)
        }!
    }

    /// The force constant k of a bond, E = k/2 (r - r0)^2, in kcal/mol/Å^2.
    static func bondConstant(_ first: UFFAtomType, _ second: UFFAtomType, length: Double) -> Double {
        strength * first.charge * second.charge / (length * length * length)
    }

    /// The force constant K of an angle between two bonds with natural lengths, E = K/2 (theta - theta0)^2 near theta0, in kcal/mol/rad^2.
    static func angleConstant(
        _ first: UFFAtomType, _ third: UFFAtomType, lengths: (Double, Double), angleDegrees: Double
    ) -> Double {
        let cosine = cos(angleDegrees * .pi / 180)
        let product = lengths.0 * lengths.1
        let square = lengths.0 * lengths.0 + lengths.1 * lengths.1 - 2 * product * cosine
        let fifth = square * square * square.squareRoot()
        return strength * first.charge * third.charge / fifth
            * (3 * product * (1 - cosine * cosine) - square * cosine)
    }

    /// The constant of each of the three inversions of a flat carbon or nitrogen, E = K (1 - cos omega), in kcal/mol.
    static let inversionConstant = 2.0
}

/// The angle between two vectors in degrees.
func angleDegrees(_ first: SIMD3<Double>, _ second: SIMD3<Double>) -> Double {
    acos(max(-1, min(1, dot(first, second) / (length(first) * length(second))))) * 180 / .pi
}
