internal import PenstockFormats

/// Finds the symmetry operators of a CIF, or generates them from the space group; never takes a structure for P 1 in silence.
struct SymmetryReader {
    let structure: String
    let block: CIFBlock
    let cell: UnitCell
    private(set) var findings: [Finding] = []

    init(structure: String, block: CIFBlock, cell: UnitCell) {
        self.structure = structure
        self.block = block
        self.cell = cell
    }

    /// The most operators that are read: those of the largest groups in a cell of eight times its size.
    static let operatorsMax = 8 * HallSymbol.operatorsMax

    private static let operatorTags = ["_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"]

    /// The operators, with the identity.
    mutating func read() throws(StructureError) -> [SymmetryOperator] {
        for tag in Self.operatorTags {
            guard let loop = block.loop(with: tag), let column = loop.column(tag) else { continue }
            guard loop.rowCount <= Self.operatorsMax else {
                throw StructureError(
                    .invalidOperator, structure: structure, line: loop.line,
                    "there are \(loop.rowCount) symmetry operators, more than any space group has")
            }
            var operators: [SymmetryOperator] = []
            for row in 0..<loop.rowCount where !loop[row, column].isMissing {
                operators.append(try parsed(loop[row, column]))
            }
            if !operators.isEmpty { return checked(operators) }
        }
        return try generated()
    }

    private func parsed(_ value: CIFValue) throws(StructureError) -> SymmetryOperator {
        if let symmetry = SymmetryOperator(value.text) { return symmetry }
        throw StructureError(
            .invalidOperator, structure: structure, line: Int(value.line),
            "‘\(value.text.prefix(60))’ is no symmetry operator", hint: "one such as ‘-x+1/2, y, -z’ is expected")
    }

    private mutating func checked(_ operators: [SymmetryOperator]) -> [SymmetryOperator] {
        guard operators.contains(.identity) else {
            findings.append(
                Finding(.identityMissing, .warning, "the symmetry operators lack ‘x, y, z’, which was added"))
            return [.identity] + operators
        }
        if operators.count == 1, let symbol = SpaceGroupNames(block).named, !symbol.isP1 {
            findings.append(
                Finding(
                    .symmetryContradicts, .warning,
                    "the only operator is the identity, but the space group is \(symbol): the atoms are taken for all"))
        }
        return operators
    }

    private mutating func generated() throws(StructureError) -> [SymmetryOperator] {
        guard let names = SpaceGroupNames(block).named else {
            findings.append(
                Finding(
                    .symmetryMissing, .warning,
                    "the file names neither operators nor a space group: its atoms are taken for all"))
            return [.identity]
        }
        if names.isP1 { return [.identity] }
        guard let operators = names.operators(in: cell) else {
            throw StructureError(
                .unknownSymmetry, structure: structure,
                "has no symmetry operators, and those of the space group \(names) are not known for sure",
                hint: "write them in a loop of _space_group_symop_operation_xyz, or expand the structure to P 1")
        }
        findings.append(
            Finding(
                .symmetryGenerated, .warning,
                "the file has no symmetry operators; the \(operators.count) of \(names) were generated"))
        return operators
    }
}
