#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A group in place of a hydrogen of a linker.
public enum Substituent: String, Sendable, Hashable, CaseIterable {
    /// -F
    case fluoro = "F"
    /// -Cl
    case chloro = "Cl"
    /// -Br
    case bromo = "Br"
    /// -CH3
    case methyl = "CH3"
    /// -NH2
    case amino = "NH2"
    /// -NO2
    case nitro = "NO2"
    /// -OH
    case hydroxyl = "OH"
    /// -CN
    case cyano = "CN"
    /// -OCH3
    case methoxy = "OCH3"
    /// -CF3
    case trifluoromethyl = "CF3"

    /// The group's atoms: the bond from the linker's atom at the origin goes along x; what is flat lies in the plane of x and y.
    var atoms: [PieceAtom] {
        switch self {
        case .fluoro: return [PieceAtom(Element(symbol: "F")!, 1.36, 0)]
        case .chloro: return [PieceAtom(Element(symbol: "Cl")!, 1.74, 0)]
        case .bromo: return [PieceAtom(Element(symbol: "Br")!, 1.90, 0)]
        case .methyl: return [PieceAtom(.carbon, 1.51, 0)] + Self.tripod(.hydrogen, 1.09, SIMD3(1.51, 0, 0))
        case .amino: return [PieceAtom(.nitrogen, 1.38, 0)] + Self.fork(.hydrogen, 1.01, degrees: 60, x: 1.38)
        case .nitro: return [PieceAtom(.nitrogen, 1.47, 0)] + Self.fork(.oxygen, 1.22, degrees: 62, x: 1.47)
        case .hydroxyl:
            return [PieceAtom(.oxygen, 1.36, 0), Self.fork(.hydrogen, 0.96, degrees: 71, x: 1.36)[0]]
        case .cyano: return [PieceAtom(.carbon, 1.44, 0), PieceAtom(.nitrogen, 2.58, 0)]
        case .methoxy:
            let carbon = Self.fork(.carbon, 1.42, degrees: 62, x: 1.37)[0]
            let direction = (carbon.position - SIMD3(1.37, 0, 0)) / 1.42
            return [PieceAtom(.oxygen, 1.37, 0), carbon]
                + Self.tripod(.hydrogen, 1.09, carbon.position, along: direction)
        case .trifluoromethyl:
            return [PieceAtom(.carbon, 1.50, 0)] + Self.tripod(Element(symbol: "F")!, 1.34, SIMD3(1.50, 0, 0))
        }
    }

    /// Whether the group looks the same however it is turned about its bond.
    var isAxial: Bool { atoms.allSatisfy { $0.position.y == 0 && $0.position.z == 0 } }

    /// Two atoms in the plane, at an angle to the bond on either side, the one of positive y first.
    private static func fork(_ element: Element, _ bond: Double, degrees: Double, x: Double) -> [PieceAtom] {
        let (along, across) = (bond * cos(degrees * .pi / 180), bond * sin(degrees * .pi / 180))
        return [PieceAtom(element, x + along, across), PieceAtom(element, x + along, -across)]
    }

    /// The three atoms of a tetrahedral end.
    private static func tripod(
        _ element: Element, _ bond: Double, _ centre: SIMD3<Double>, along axis: SIMD3<Double> = SIMD3(1, 0, 0)
    ) -> [PieceAtom] {
        let across = SIMD3(-axis.y, axis.x, 0)
        return (0..<3).map { turn in
            let angle = Double(turn) * 2 * .pi / 3
            let side = cos(angle) * across + sin(angle) * cross(axis, across)
            let place = centre + bond * (axis / 3 + (8.0 / 9).squareRoot() * side)
            return PieceAtom(element, place.x, place.y, place.z)
        }
    }
}
