internal import PenstockFormats

/// A row of a CIF's table of atoms, before symmetry.
struct AtomSite {
    var element: Element
    var label: String
    /// Fractional coordinates as they stand in the file.
    var position: SIMD3<Double>
    var charge: Double?
    var occupancy = 1.0
    /// Which group of which disorder assembly it belongs to; nil where it is always there or alone.
    var group: String?
    var assembly = ""
}

/// Reads the rows.
struct AtomSiteReader {
    let structure: String
    let block: CIFBlock
    let cell: UnitCell
    var findings: [Finding] = []

    private var withoutCoordinates: [String] = []
    private var dummies: [String] = []
    private var guessed: [String] = []
    private var absent: [String] = []
    private var invalidOccupancy: [String] = []

    init(structure: String, block: CIFBlock, cell: UnitCell) {
        self.structure = structure
        self.block = block
        self.cell = cell
    }

    /// The columns of the table.
    private struct Columns {
        let loop: CIFLoop
        let label, type, occupancy, charge, assembly, group, calculation: Int?

        init(_ loop: CIFLoop) {
            self.loop = loop
            label = loop.column(["_atom_site_label", "_atom_site_id"])
            type = loop.column("_atom_site_type_symbol")
            occupancy = loop.column("_atom_site_occupancy")
            charge = loop.column(["_atom_site_charge", "_atom_site_partial_charge", "_atom_type_partial_charge"])
            assembly = loop.column("_atom_site_disorder_assembly")
            group = loop.column("_atom_site_disorder_group")
            calculation = loop.column("_atom_site_calc_flag")
        }

        /// The text of a column that may not be there; nil where it is missing.
        func text(_ row: Int, _ column: Int?) -> String? { column.flatMap { loop[row, $0].present } }
    }

    /// Reads all rows that are atoms.
    mutating func read() throws(StructureError) -> [AtomSite] {
        guard let table = block.loop(with: "_atom_site_fract_x") ?? block.loop(with: "_atom_site_cartn_x") else {
            throw StructureError(.noAtoms, structure: structure, "has no table of atoms with coordinates")
        }
        let coordinates = try CoordinateReader(table, structure: structure, block: block, cell: cell)
        if coordinates.isCartesian {
            findings.append(
                Finding(.cartesianCoordinates, .flag, "fractional coordinates were computed from Cartesian ones"))
        }
        let columns = Columns(table)
        var names = AtomName(known: knownElements())
        let typeCharges = typeCharges()
        var sites: [AtomSite] = []
        sites.reserveCapacity(table.rowCount)
        for row in 0..<table.rowCount {
            let (type, given) = (columns.text(row, columns.type), columns.text(row, columns.label))
            let label = given ?? type ?? "atom \(row + 1)"
            let kind = names.kind(type: type, label: given)
            guard let element = try element(kind, label: label, type: type, line: Int(table[row, 0].line)),
                columns.text(row, columns.calculation)?.lowercased() != "dum"
            else {
                dummies.append(label)
                continue
            }
            guard let position = try coordinates.position(row) else {
                withoutCoordinates.append(label)
                continue
            }
            var site = AtomSite(element: element, label: label, position: position)
            site.charge = try charge(columns, row) ?? type.flatMap { typeCharges[$0] }
            guard try setOccupancy(&site, columns, row) else { continue }
            sites.append(site)
        }
        tell()
        guard !sites.isEmpty else {
            throw StructureError(
                .noAtoms, structure: structure, "has no atom with an element and coordinates",
                hint: "look at the columns _atom_site_type_symbol and _atom_site_fract_x")
        }
        return sites
    }

    private mutating func element(
        _ kind: AtomName.Kind, label: String, type: String?, line: Int
    ) throws(StructureError) -> Element? {
        switch kind {
        case .element(let element): return element
        case .either(let element, _):
            guessed.append("\(label) as \(element)")
            return element
        case .dummy: return nil
        case .unknown:
            throw StructureError(
                .unknownElement, structure: structure, line: line,
                "‘\((type.map { "\($0) " } ?? "") + label)’ is no element", hint: "correct _atom_site_type_symbol")
        }
    }

    private func charge(_ columns: Columns, _ row: Int) throws(StructureError) -> Double? {
        guard let column = columns.charge, !columns.loop[row, column].isMissing else { return nil }
        return try CoordinateReader.number(columns.loop[row, column], structure, "a charge")
    }

    /// False where no part of the atom is there.
    private mutating func setOccupancy(_ site: inout AtomSite, _ columns: Columns, _ row: Int) throws(StructureError)
        -> Bool
    {
        if let column = columns.occupancy, !columns.loop[row, column].isMissing {
            let value = columns.loop[row, column].number
            if let value, value >= 0, value <= 1 { site.occupancy = value } else { invalidOccupancy.append(site.label) }
        }
        if site.occupancy == 0 { absent.append(site.label) }
        site.group = columns.text(row, columns.group)
        site.assembly = columns.text(row, columns.assembly) ?? ""
        return site.occupancy > 0
    }

    /// The elements of `_atom_type_symbol` and of the formula.
    private func knownElements() -> Set<Element> {
        var symbols: [String] = []
        if let types = block.loop(with: "_atom_type_symbol"), let column = types.column("_atom_type_symbol") {
            symbols += (0..<types.rowCount).map { types[$0, column].text }
        }
        if let formula = block.value(["_chemical_formula_sum", "_chemical_formula_moiety"])?.present {
            symbols += formula.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
        }
        return Set(symbols.compactMap { Element(symbol: $0.prefix { $0.isASCII && $0.isLetter }) })
    }

    /// The charges of `_atom_type_partial_charge` where they stand in a table of types. Only asked by type: its order is of no account.
    private func typeCharges() -> [String: Double] {
        guard let types = block.loop(with: "_atom_type_partial_charge"), types.column("_atom_site_label") == nil,
            let symbol = types.column("_atom_type_symbol"), let charge = types.column("_atom_type_partial_charge")
        else { return [:] }
        var charges: [String: Double] = [:]
        for row in 0..<types.rowCount { charges[types[row, symbol].text] = types[row, charge].number }
        return charges
    }

    /// Tells what was left out and guessed.
    private mutating func tell() {
        func add(_ code: Finding.Code, _ severity: Finding.Severity, _ labels: [String], _ what: String) {
            if !labels.isEmpty { findings.append(Finding(code, severity, "\(what): \(named(labels))")) }
        }
        add(.coordinatesMissing, .warning, withoutCoordinates, "atoms without coordinates were left out")
        add(.dummyAtoms, .warning, dummies, "dummy atoms were left out")
        add(.elementGuessed, .warning, guessed, "elements were guessed from labels")
        add(.occupancyZero, .flag, absent, "atoms of occupancy 0 were left out")
        add(.occupancyInvalid, .warning, invalidOccupancy, "occupancies that are not from 0 to 1 were taken for 1")
    }
}
