/// Extended XYZ: a count, a line of properties with the cell, and a line for each atom, as ASE and OVITO read and write it.
///
/// The form is that of ASE (A. H. Larsen et al., Journal of Physics: Condensed Matter 29 (2017) 273002, DOI 10.1088/1361-648X/aa680e). Unlike a
/// CIF it keeps the direction of the cell in space.
extension Crystal {
    /// The crystal as extended XYZ, with as many digits as it takes to read the same numbers again; charges as `initial_charges` where all
    /// atoms have one.
    public var extendedXYZ: String {
        let vectors = [cell.a, cell.b, cell.c].flatMap { [$0.x, $0.y, $0.z] }.map(\.description).joined(separator: " ")
        let charges = hasCharges ? ":initial_charges:R:1" : ""
        let title = name.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline }
        var text = "\(atoms.count)\n"
        text += "Lattice=\"\(vectors)\" Properties=species:S:1:pos:R:3\(charges) pbc=\"T T T\" name=\"\(title)\"\n"
        for atom in atoms {
            let place = cell.cartesian(atom.position)
            text += "\(atom.element.symbol) \(place.x) \(place.y) \(place.z)"
            if hasCharges { text += " \(atom.charge!)" }
            text += "\n"
        }
        return text
    }

    /// The structure of a file in extended XYZ; of several frames the first.
    ///
    /// `species` and `pos` are needed; `initial_charges` or `charge` are read, other columns are passed over. Atoms are labelled by their
    /// element and number.
    /// - Throws: `StructureError`: `wrongFormat`, `missingCell`, `impossibleCell`, `invalidNumber`, `unknownElement`, `tooManyAtoms`,
    ///   `noAtoms`.
    public init(extendedXYZ bytes: [UInt8], name: String) throws(StructureError) {
        let reader = ExtendedXYZReader(bytes, name: name)
        self = try reader.read()
    }
}

/// Reads the first frame.
private struct ExtendedXYZReader {
    let name: String
    let lines: [Substring]

    init(_ bytes: [UInt8], name: String) {
        self.name = name
        lines = String(decoding: bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    /// Where in a line the columns are.
    private struct Columns {
        var species, position, charge: Int?
        var count = 0

        /// `name:type:count`, again and again; nil where it is something else.
        init?(_ properties: String) {
            let parts = properties.split(separator: ":")
            guard parts.count % 3 == 0 else { return nil }
            for start in stride(from: 0, to: parts.count, by: 3) {
                guard let width = Int(parts[start + 2]), (1...1000).contains(width) else { return nil }
                switch parts[start] {
                case "species" where width == 1: species = count
                case "pos" where width == 3: position = count
                case "initial_charges" where width == 1, "charge" where width == 1: charge = count
                default: break
                }
                count += width
            }
        }
    }

    func read() throws(StructureError) -> Crystal {
        guard let count = lines.first.flatMap({ Int($0.filter { !$0.isWhitespace }) }), count >= 0, lines.count > 1
        else {
            throw error(.wrongFormat, 1, "does not begin with the number of its atoms")
        }
        guard count > 0 else { throw error(.noAtoms, 1, "has no atoms") }
        guard count <= SymmetryExpansion.atomsMax else {
            throw error(.tooManyAtoms, 1, "has more than \(SymmetryExpansion.atomsMax) atoms")
        }
        guard lines.count >= count + 2 else {
            throw error(.wrongFormat, lines.count, "ends before the last of its \(count) atoms")
        }
        let header = Self.pairs(lines[1])
        let cell = try self.cell(header["lattice"])
        let properties = header["properties"] ?? "species:S:1:pos:R:3"
        guard let columns = Columns(properties), let species = columns.species, let position = columns.position else {
            throw error(.wrongFormat, 2, "the columns species and pos are not named by Properties")
        }
        var names = AtomName(known: [])
        var atoms: [Atom] = []
        atoms.reserveCapacity(count)
        for line in 2..<count + 2 {
            let fields = lines[line].split(whereSeparator: \.isWhitespace)
            guard fields.count >= columns.count else { throw error(.wrongFormat, line + 1, "has too few columns") }
            guard case .element(let element) = names.kind(type: String(fields[species]), label: nil) else {
                throw error(.unknownElement, line + 1, "‘\(fields[species].prefix(20))’ is no element")
            }
            let numbers = try [position, position + 1, position + 2].map { column throws(StructureError) in
                try number(fields[column], line + 1)
            }
            let fractional = cell.fractional(SIMD3(numbers[0], numbers[1], numbers[2]))
            guard fractional.max() <= CoordinateReader.coordinateMax,
                fractional.min() >= -CoordinateReader.coordinateMax
            else { throw error(.invalidNumber, line + 1, "an atom is too many cells away") }
            let charge = try columns.charge.map { column throws(StructureError) in try number(fields[column], line + 1)
            }
            atoms.append(Atom(element: element, label: "\(element)\(line - 1)", position: fractional, charge: charge))
        }
        return Crystal(name: name, cell: cell, atoms: atoms)
    }

    private func cell(_ lattice: String?) throws(StructureError) -> UnitCell {
        guard let lattice else { throw error(.missingCell, 2, "has no Lattice: it is no crystal") }
        let numbers = try lattice.split(whereSeparator: \.isWhitespace).map { text throws(StructureError) in
            try number(text, 2)
        }
        guard numbers.count == 9 else { throw error(.missingCell, 2, "Lattice has \(numbers.count) numbers, not 9") }
        let rows = stride(from: 0, to: 9, by: 3).map { SIMD3(numbers[$0], numbers[$0 + 1], numbers[$0 + 2]) }
        guard let cell = UnitCell(a: rows[0], b: rows[1], c: rows[2]), cell.widths.min() >= CrystalReader.widthMin,
            cell.lengths.max() <= CrystalReader.lengthMax
        else { throw error(.impossibleCell, 2, "no crystal has the Lattice \(lattice)") }
        return cell
    }

    private func number(_ text: Substring, _ line: Int) throws(StructureError) -> Double {
        if let number = Double(text), number.isFinite { return number }
        throw error(.invalidNumber, line, "‘\(text.prefix(40))’ is no number")
    }

    private func error(_ code: StructureError.Code, _ line: Int, _ reason: String) -> StructureError {
        StructureError(code, structure: name, line: line, reason)
    }

    /// `key=value` and `key="a value"`, keys in lower case.
    private static func pairs(_ line: Substring) -> [String: String] {
        var pairs: [String: String] = [:]
        var rest = line.drop(while: \.isWhitespace)
        while !rest.isEmpty {
            let key = rest.prefix { $0 != "=" && !$0.isWhitespace }
            rest = rest[key.endIndex...]
            var value = Substring()
            if rest.first == "=" {
                rest.removeFirst()
                if let mark = rest.first, mark == "\"" || mark == "'" {
                    rest.removeFirst()
                    value = rest.prefix { $0 != mark }
                    rest = rest[value.endIndex...].dropFirst()
                } else {
                    value = rest.prefix { !$0.isWhitespace }
                    rest = rest[value.endIndex...]
                }
            }
            pairs[key.lowercased()] = String(value)
            rest = rest.drop(while: \.isWhitespace)
        }
        return pairs
    }
}
