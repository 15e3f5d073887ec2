internal import PenstockFormats

/// Reads the coordinates of a table of atoms: fractional ones, or Cartesian ones in Å.
struct CoordinateReader {
    /// The largest fractional coordinate: beyond it the place in the cell would be lost to rounding.
    static let coordinateMax = 1e6

    let isCartesian: Bool
    private let table: CIFLoop
    private let columns: [Int]
    private let structure: String
    /// What Cartesian coordinates are relative to: the vectors of the cell, and where its corner is.
    private let frame: UnitCell
    private let origin: SIMD3<Double>

    init(_ table: CIFLoop, structure: String, block: CIFBlock, cell: UnitCell) throws(StructureError) {
        self.table = table
        self.structure = structure
        let fractional = ["x", "y", "z"].compactMap { table.column("_atom_site_fract_" + $0) }
        let cartesian = ["x", "y", "z"].compactMap { table.column("_atom_site_cartn_" + $0) }
        isCartesian = fractional.count < 3
        columns = isCartesian ? cartesian : fractional
        guard columns.count == 3 else {
            throw StructureError(
                .noAtoms, structure: structure, line: table.line, "the table of atoms lacks a column of coordinates")
        }
        (frame, origin) = isCartesian ? try Self.frame(block, structure, cell) : (cell, .zero)
    }

    /// The coordinates of a row as fractional ones; nil where one is missing.
    func position(_ row: Int) throws(StructureError) -> SIMD3<Double>? {
        var position = SIMD3<Double>.zero
        for axis in 0..<3 {
            let value = table[row, columns[axis]]
            if value.isMissing { return nil }
            position[axis] = try Self.number(value, structure, "a coordinate")
        }
        if isCartesian { position = frame.fractional(position - origin) }
        guard position.max() <= Self.coordinateMax, position.min() >= -Self.coordinateMax else {
            throw StructureError(
                .invalidNumber, structure: structure, line: Int(table[row, columns[0]].line),
                "an atom is more than \(Int(Self.coordinateMax)) cells away")
        }
        return position
    }

    /// The number that a value should be.
    static func number(_ value: CIFValue, _ structure: String, _ what: String) throws(StructureError) -> Double {
        if let number = value.number { return number }
        throw StructureError(
            .invalidNumber, structure: structure, line: Int(value.line),
            "‘\(value.text.prefix(40))’ should be \(what), but is no number")
    }

    /// The axes of `_atom_sites_Cartn_tran_matrix`, or those of the cell where the file gives none.
    private static func frame(
        _ block: CIFBlock, _ structure: String, _ cell: UnitCell
    ) throws(StructureError) -> (UnitCell, SIMD3<Double>) {
        func column(_ axis: Int) -> SIMD3<Double>? {
            let parts = (1...3).compactMap { block.value("_atom_sites_cartn_tran_matrix_\($0)\(axis)")?.number }
            return parts.count == 3 ? SIMD3(parts[0], parts[1], parts[2]) : nil
        }
        guard let a = column(1), let b = column(2), let c = column(3) else { return (cell, .zero) }
        guard let frame = UnitCell(a: a, b: b, c: c), abs(frame.volume / cell.volume - 1) < 0.01 else {
            throw StructureError(
                .impossibleCell, structure: structure, "the matrix of its Cartesian coordinates does not fit its cell")
        }
        let origin = (1...3).map { block.value("_atom_sites_cartn_tran_vector_\($0)")?.number ?? 0 }
        return (frame, SIMD3(origin[0], origin[1], origin[2]))
    }
}
