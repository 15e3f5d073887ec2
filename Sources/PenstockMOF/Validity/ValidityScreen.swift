extension Crystal {
    /// Checks whether the structure can be real: presence of metal, carbon and hydrogen, overlaps, coordination, missing hydrogens, fragments
    /// that float, charges. Takes time linear in the number of atoms.
    public func validity(_ rules: ScreenRules = ScreenRules()) -> ValidityReport {
        var screen = ValidityScreen(self, rules)
        return screen.run()
    }
}

/// The checks, one after the other.
struct ValidityScreen {
    let crystal: Crystal
    let rules: ScreenRules
    private var findings: [Finding] = []

    init(_ crystal: Crystal, _ rules: ScreenRules) {
        self.crystal = crystal
        self.rules = rules
    }

    mutating func run() -> ValidityReport {
        checkPresence()
        checkCharges()
        let isSparse = Double(crystal.atoms.count) <= rules.densityMax * crystal.cell.volume
        let isWide = crystal.cell.widths.min() >= CrystalReader.widthMin
        guard isSparse, isWide, let bonds = BondGraph(crystal, tolerance: rules.bondTolerance) else {
            add(
                .impossiblyDense, [],
                "\(crystal.atoms.count) atoms in \(rounded(crystal.cell.volume, 1)) Å^3 are too many for a crystal")
            return ValidityReport(findings: crystal.findings + findings, bonds: nil)
        }
        checkContacts(bonds)
        checkCoordination(bonds)
        checkFragments(bonds)
        return ValidityReport(findings: crystal.findings + findings, bonds: bonds)
    }

    private mutating func checkPresence() {
        let elements = Set(crystal.atoms.map(\.element))
        if !elements.contains(where: \.isMetal) { add(.noMetal, [], "there is no metal") }
        if !elements.contains(.carbon) { add(.noCarbon, [], "there is no carbon") }
        if !elements.contains(.hydrogen) { add(.noHydrogen, [], "there is no hydrogen") }
    }

    private mutating func checkCharges() {
        let net = crystal.netCharge
        if abs(net) > rules.netChargeMax {
            add(.netCharge, [], "the charges of a cell add up to \(rounded(net, 4)) e")
        }
        let extreme = crystal.atoms.indices.filter { abs(crystal.atoms[$0].charge ?? 0) > rules.chargeMax }
        if let first = extreme.first {
            let charge = rounded(crystal.atoms[first].charge!, 2)
            add(
                .extremeCharge, extreme,
                "\(count(extreme, "")) more than \(rules.chargeMax) e of charge, \(charge) e the first")
        }
    }

    // MARK: Contacts

    private mutating func checkContacts(_ bonds: BondGraph) {
        var overlaps: [(Int, BondGraph.Neighbour)] = []
        var short: [(Int, BondGraph.Neighbour)] = []
        for atom in crystal.atoms.indices {
            let radius = crystal.atoms[atom].element.covalentRadius
            for end in bonds[atom] where isFirstEnd(atom, end) {
                let other = crystal.atoms[end.atom].element.covalentRadius
                if end.distance < rules.overlapFactor * min(radius, other) {
                    overlaps.append((atom, end))
                } else if end.distance < rules.shortContactFactor * (radius + other) {
                    short.append((atom, end))
                }
            }
        }
        tell(.overlap, overlaps, "overlap")
        tell(.shortContact, short, "are closer than any bond")
    }

    /// Whether a bond is seen from the one of its two ends that counts it.
    private func isFirstEnd(_ atom: Int, _ end: BondGraph.Neighbour) -> Bool {
        if end.atom != atom { return end.atom > atom }
        let offset = end.offset
        return (offset.x, offset.y, offset.z) > (0, 0, 0)
    }

    private mutating func tell(_ code: Finding.Code, _ pairs: [(Int, BondGraph.Neighbour)], _ what: String) {
        guard let closest = pairs.min(by: { $0.1.distance < $1.1.distance }) else { return }
        let names = "\(crystal.atoms[closest.0].label) and \(crystal.atoms[closest.1.atom].label)"
        let atoms = Set(pairs.flatMap { [$0.0, $0.1.atom] }).sorted()
        add(
            code, atoms,
            "\(pairs.count) pair\(pairs.count == 1 ? "" : "s") of atoms \(what), \(names) at \(rounded(closest.1.distance, 3)) Å the closest"
        )
    }

    // MARK: Coordination

    private mutating func checkCoordination(_ bonds: BondGraph) {
        let coordination = Coordination(crystal, bonds, rules)
        var found: [Finding.Code: [Int]] = [:]
        for atom in crystal.atoms.indices {
            if let code = coordination.finding(of: atom) { found[code, default: []].append(atom) }
        }
        for (code, kind, what) in Coordination.meanings {
            if let atoms = found[code] { add(code, atoms, "\(count(atoms, kind)) \(what): \(labels(atoms))") }
        }
    }

    // MARK: Fragments

    private mutating func checkFragments(_ bonds: BondGraph) {
        let all = Fragments(bonds).all
        let isExtended = all.contains { $0.dimension > 0 }
        if !isExtended { add(.noFramework, [], "no fragment extends through the crystal") }
        let hasMetal = all.map { $0.atoms.contains { crystal.atoms[$0].element.isMetal } }
        // Without a framework, what has no metal floats beside what has one.
        let floating = zip(all, hasMetal).filter { fragment, hasMetal in
            isExtended ? fragment.dimension == 0 : !hasMetal
        }.map(\.0)
        guard !floating.isEmpty, isExtended || hasMetal.contains(true) else { return }
        let formulas = floating.map { fragment in
            Crystal(name: "", cell: crystal.cell, atoms: fragment.atoms.map { crystal.atoms[$0] }).formula
        }
        let kinds = formulas.sorted().reduce(into: [(formula: String, count: Int)]()) { kinds, formula in
            if kinds.last?.formula == formula { kinds[kinds.count - 1].count += 1 } else { kinds.append((formula, 1)) }
        }.map { $0.count == 1 ? $0.formula : "\($0.count) x \($0.formula)" }
        add(
            .floatingFragment, floating.flatMap(\.atoms).sorted(),
            "\(floating.count) fragment\(floating.count == 1 ? " is" : "s are") not bonded to the framework: \(named(kinds))"
        )
    }

    // MARK: Words

    private mutating func add(_ code: Finding.Code, _ atoms: [Int], _ summary: String) {
        findings.append(Finding(code, rules.rejecting.contains(code) ? .rejection : .warning, summary, atoms: atoms))
    }

    private func count(_ atoms: [Int], _ kind: String) -> String {
        "\(atoms.count) \(kind)\(kind.isEmpty ? "" : " ")" + (atoms.count == 1 ? "atom has" : "atoms have")
    }

    private func labels(_ atoms: [Int]) -> String { named(atoms.map { crystal.atoms[$0].label }) }
}

/// A number with so many decimals.
private func rounded(_ number: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    return "\((number * scale).rounded() / scale)"
}
