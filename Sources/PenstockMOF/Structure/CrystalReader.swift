internal import PenstockFormats

/// Makes a crystal of a CIF: the block, the cell, the symmetry, the atoms, one after the other.
struct CrystalReader {
    /// The narrowest cell that is read, in Å: less than the distance of any two atoms.
    static let widthMin = 0.5
    /// The longest edge that is read, in Å.
    static let lengthMax = 1000.0

    let structure: String
    private let document: CIFDocument
    private var findings: [Finding] = []

    init(_ document: CIFDocument, structure: String) {
        self.document = document
        self.structure = structure
    }

    /// The crystal.
    mutating func read() throws(StructureError) -> Crystal {
        let block = try chooseBlock()
        let cell = try self.cell(of: block)
        var symmetry = SymmetryReader(structure: structure, block: block, cell: cell)
        let operators = try symmetry.read()
        findings += symmetry.findings
        var reader = AtomSiteReader(structure: structure, block: block, cell: cell)
        let all = try reader.read()
        findings += reader.findings
        let (sites, others) = Disorder.resolve(all, in: cell)
        return try crystal(sites, others, operators, cell)
    }

    /// - Parameter others: The labels of atoms that gave way to those of their disorder assembly.
    private mutating func crystal(
        _ sites: [AtomSite], _ others: [String], _ operators: [SymmetryOperator], _ cell: UnitCell
    ) throws(StructureError) -> Crystal {
        var expansion = try SymmetryExpansion(sites, by: operators, in: cell, structure: structure)
        let outvoted = others + expansion.outvoted
        if !outvoted.isEmpty {
            findings.append(
                Finding(
                    .disordered, .flag,
                    "of disordered atoms those of the highest occupancy were kept, without \(named(outvoted))"))
        }
        if !expansion.repeated.isEmpty {
            let labels = expansion.repeated
            findings.append(
                Finding(.repeatedAtoms, .warning, "atoms that were listed twice were merged: \(named(labels))"))
        }
        let (kept, solvent) = Disorder.withoutSolvent(expansion, sites, cell: cell)
        if !solvent.isEmpty {
            findings.append(
                Finding(
                    .partialSolvent, .warning,
                    "atoms of partial occupancy without a neighbour were left out as solvent: \(named(solvent))"))
            expansion.keep(kept)
        }
        guard !expansion.atoms.isEmpty else {
            throw StructureError(.noAtoms, structure: structure, "has no atom that is not solvent")
        }
        // What was kept of several groups is whole: it stands for all of them.
        let partial = expansion.origins.indices.filter {
            let site = sites[expansion.origins[$0]]
            return site.occupancy < 1 && (site.group == nil || others.isEmpty)
        }
        if !partial.isEmpty {
            findings.append(
                Finding(
                    .partialOccupancy, .warning,
                    "\(partial.count) atoms of partial occupancy count as whole: \(labels(partial, expansion.atoms))",
                    atoms: partial))
        }
        var crystal = Crystal(name: structure, cell: cell, atoms: expansion.atoms)
        settleCharges(&crystal)
        crystal.findings = findings
        return crystal
    }

    /// The labels of atoms, each once.
    private func labels(_ places: [Int], _ atoms: [Atom]) -> String {
        var seen: Set<String> = []
        return named(places.map { atoms[$0].label }.filter { seen.insert($0).inserted })
    }

    /// The first block with fractional coordinates, else the first with Cartesian ones.
    private mutating func chooseBlock() throws(StructureError) -> CIFBlock {
        let fractional = document.blocks.filter { $0.loop(with: "_atom_site_fract_x") != nil }
        let cartesian = document.blocks.filter { $0.loop(with: "_atom_site_cartn_x") != nil }
        guard let block = fractional.first ?? cartesian.first else {
            throw StructureError(
                .noAtoms, structure: structure, "has no table of atoms with coordinates",
                hint: "a structure needs columns such as _atom_site_fract_x")
        }
        if let broken = (block.loops + [block.items]).first(where: { !$0.isFilled }) {
            throw StructureError(
                .unfilledLoop, structure: structure, line: broken.line,
                "the loop of \(broken.tags[0]) has \(broken.values.count) values for \(broken.tags.count) columns",
                hint: "the file may be cut off, or a value with a blank may lack its quotation marks")
        }
        if fractional.count > 1 {
            let name = block.name.isEmpty ? "without a name" : block.name
            findings.append(
                Finding(.severalBlocks, .flag, "\(fractional.count) blocks have atoms; the first was taken: \(name)"))
        }
        if let first = document.findings.first {
            let more = document.findings.count - 1
            findings.append(
                Finding(.irregularFile, .flag, "\(first)" + (more > 0 ? "; \(more) such findings more" : "")))
        }
        return block
    }

    private func cell(of block: CIFBlock) throws(StructureError) -> UnitCell {
        var numbers: [Double] = []
        for name in ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"] {
            guard let value = block.value("_cell_" + name), !value.isMissing else {
                throw StructureError(
                    .missingCell, structure: structure, "has no _cell_\(name)",
                    hint: "without its cell a structure cannot be screened")
            }
            numbers.append(try CoordinateReader.number(value, structure, "a length or an angle of the cell"))
        }
        let lengths = SIMD3(numbers[0], numbers[1], numbers[2])
        let text = numbers.map { "\($0)" }.joined(separator: ", ")
        guard
            let cell = UnitCell(
                lengths: lengths, alphaDegrees: numbers[3], betaDegrees: numbers[4], gammaDegrees: numbers[5])
        else {
            throw StructureError(
                .impossibleCell, structure: structure, "no cell has the lengths and angles \(text)",
                hint: "lengths are in Å and above 0, angles in degrees; they must not lie in a plane")
        }
        guard cell.widths.min() >= Self.widthMin, lengths.max() <= Self.lengthMax else {
            throw StructureError(
                .impossibleCell, structure: structure, "the cell \(text) is narrower or longer than any crystal's",
                hint: "widths are \(Self.widthMin) Å at least, lengths \(Int(Self.lengthMax)) Å at most")
        }
        return cell
    }

    /// Charges that are all zero are none.
    private mutating func settleCharges(_ crystal: inout Crystal) {
        let charged = crystal.atoms.count { $0.charge != nil }
        if charged > 0, crystal.atoms.allSatisfy({ ($0.charge ?? 0) == 0 }) {
            for atom in crystal.atoms.indices { crystal.atoms[atom].charge = nil }
            findings.append(Finding(.chargesZero, .flag, "all charges are 0: they count as unknown"))
        } else if charged > 0, charged < crystal.atoms.count {
            let without = crystal.atoms.indices.filter { crystal.atoms[$0].charge == nil }
            findings.append(
                Finding(
                    .chargesIncomplete, .warning,
                    "\(without.count) atoms have no charge: \(labels(without, crystal.atoms))",
                    atoms: without))
        }
    }
}
