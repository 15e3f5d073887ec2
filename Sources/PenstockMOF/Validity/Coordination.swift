#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Whether atoms have the neighbours that chemistry allows, by number and by direction.
struct Coordination {
    private let crystal: Crystal
    private let bonds: BondGraph
    private let rules: ScreenRules
    private let linearCosine: Double

    init(_ crystal: Crystal, _ bonds: BondGraph, _ rules: ScreenRules) {
        self.crystal = crystal
        self.bonds = bonds
        self.rules = rules
        linearCosine = cos(rules.linearAngleDegrees * .pi / 180)
    }

    /// The findings in the order in which they are told: the atoms, and what they have.
    static let meanings: [(code: Finding.Code, atoms: String, what: String)] = [
        (.overcoordinatedCarbon, "carbon", "more than four neighbours"),
        (.overcoordinatedHydrogen, "hydrogen", "more than one neighbour"),
        (.overcoordinatedNitrogen, "nitrogen", "more than four neighbours"),
        (.hydrogenMissingOnCarbon, "carbon", "too few hydrogens"),
        (.hydrogenMissingOnNitrogen, "nitrogen", "too few hydrogens"),
        (.undercoordinatedMetal, "metal", "too few neighbours"),
        (.overcoordinatedMetal, "metal", "too many neighbours"),
    ]

    /// What is wrong with an atom; nil where nothing is.
    func finding(of atom: Int) -> Finding.Code? {
        let element = crystal.atoms[atom].element
        let neighbours = bonds[atom]
        let others = neighbours.filter { !crystal.atoms[$0.atom].element.isMetal }
        let isOnMetal = others.count < neighbours.count
        switch element {
        case .hydrogen: return others.count > 1 && !bridgesBoron(others) ? .overcoordinatedHydrogen : nil
        case .carbon:
            if others.count > 4 { return isInCluster(others) ? nil : .overcoordinatedCarbon }
            return lacksHydrogen(carbon: others, isOnMetal: isOnMetal) ? .hydrogenMissingOnCarbon : nil
        case .nitrogen:
            if others.count > 4 { return .overcoordinatedNitrogen }
            return lacksHydrogen(nitrogen: others, isOnMetal: isOnMetal) ? .hydrogenMissingOnNitrogen : nil
        default:
            guard element.isMetal else { return nil }
            let fewest = element.isRareEarth ? rules.rareEarthNeighboursMin : 2
            if neighbours.count < fewest { return .undercoordinatedMetal }
            return others.filter { crystal.atoms[$0.atom].element != .hydrogen }.count > rules.metalNeighboursMax
                ? .overcoordinatedMetal : nil
        }
    }

    /// Hydrogen between two boron atoms, as in boranes.
    private func bridgesBoron(_ neighbours: [BondGraph.Neighbour]) -> Bool {
        neighbours.allSatisfy { crystal.atoms[$0.atom].element == .boron }
    }

    /// Carbon among boron atoms, as in carboranes.
    private func isInCluster(_ neighbours: [BondGraph.Neighbour]) -> Bool {
        neighbours.contains { crystal.atoms[$0.atom].element == .boron }
    }

    /// Carbon: four neighbours, or three in a plane, or two opposite, or the end of a triple bond; metals stand for hydrogen.
    private func lacksHydrogen(carbon neighbours: [BondGraph.Neighbour], isOnMetal: Bool) -> Bool {
        switch neighbours.count {
        // A lone carbon floats, which is another finding; one on metals only is a carbide.
        case 0: return false
        case 1: return !isOnMetal && !isTriple(neighbours[0], among: [.nitrogen: 1.22, .oxygen: 1.2])
        case 2:
            let (one, two) = (neighbours[0], neighbours[1])
            return !isOnMetal && dot(one.vector, two.vector) > linearCosine * one.distance * two.distance
        case 3: return !isOnMetal && angleSumDegrees(neighbours) < rules.planarAngleSumDegrees
        default: return false
        }
    }

    /// Nitrogen with a single bond to its only neighbour: an amine without its hydrogens.
    private func lacksHydrogen(nitrogen neighbours: [BondGraph.Neighbour], isOnMetal: Bool) -> Bool {
        guard neighbours.count == 1, !isOnMetal else { return false }
        return !isTriple(neighbours[0], among: [.carbon: 1.25, .nitrogen: 1.27, .oxygen: 1.25])
    }

    /// Whether a neighbour is as close as a double or triple bond to its element makes it, by the longest distance in Å.
    private func isTriple(_ neighbour: BondGraph.Neighbour, among longest: [Element: Double]) -> Bool {
        longest[crystal.atoms[neighbour.atom].element].map { neighbour.distance < $0 } ?? false
    }

    /// The sum of the angles between three neighbours.
    private func angleSumDegrees(_ neighbours: [BondGraph.Neighbour]) -> Double {
        let units = neighbours.map { $0.vector / $0.distance }
        let angles = [(0, 1), (1, 2), (2, 0)].map { acos(max(-1, min(1, dot(units[$0.0], units[$0.1])))) }
        return angles.reduce(0, +) * 180 / .pi
    }
}
