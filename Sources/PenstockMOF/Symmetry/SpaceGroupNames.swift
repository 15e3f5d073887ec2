internal import PenstockFormats

/// What a CIF calls its space group.
struct SpaceGroupNames: CustomStringConvertible {
    let hall, hermannMauguin: String?
    let number: Int?

    init(_ block: CIFBlock) {
        hall = block.value(["_space_group_name_hall", "_symmetry_space_group_name_hall"])?.text
        hermannMauguin =
            block.value([
                "_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full",
                "_space_group_name_h-m_ref",
            ])?.text
        number = block.value(["_space_group_it_number", "_symmetry_int_tables_number"])?.integer
    }

    /// This; nil where the file does not name its space group.
    var named: SpaceGroupNames? { hall == nil && hermannMauguin == nil && number == nil ? nil : self }

    /// Whether there is nothing but translations.
    var isP1: Bool {
        if let number, number != 1 { return false }
        if let hermannMauguin { return hermannMauguin.filter { !$0.isWhitespace }.uppercased() == "P1" }
        return number == 1 || hall?.filter { !$0.isWhitespace }.uppercased() == "P1"
    }

    var description: String { hermannMauguin ?? hall ?? number.map { "number \($0)" } ?? "unknown" }

    /// The operators of the group; nil where the names do not say them for sure: an unknown symbol, a choice of origin that is not told, names
    /// that contradict each other, or a cell that the group does not fit.
    func operators(in cell: UnitCell) -> [SymmetryOperator]? {
        if let hall { return Self.fitting([hall], cell) }
        let settings = settings()
        let origins = Set(settings.map(\.origin))
        guard origins.count == 1 else { return nil }
        return Self.fitting(settings.map(\.hall), cell)
    }

    /// The settings that the names may mean.
    private func settings() -> [SpaceGroupSetting] {
        guard let hermannMauguin else {
            let ofNumber = SpaceGroupSetting.all.filter { $0.number == number }
            guard let standard = ofNumber.first else { return [] }
            if standard.choice == "H" { return ofNumber }
            // Without a symbol the choice of origin is not known.
            return standard.origin == nil ? [standard] : ofNumber
        }
        let parts = hermannMauguin.lowercased().filter { !$0.isWhitespace && $0 != "_" }.split(separator: ":")
        guard let first = parts.first else { return [] }
        var (name, choice) = (String(first), parts.count > 1 ? parts[1].uppercased() : nil)
        if choice == nil, let last = name.last, "hrsz".contains(last), name.count > 2 {
            // `R -3 m H`, `F d -3 m Z`: the choice without a colon.
            choice = last == "s" ? "1" : last == "z" ? "2" : last.uppercased()
            name.removeLast()
        }
        return SpaceGroupSetting.all.filter { setting in
            setting.names.contains(name) && (number == nil || number == setting.number)
                && (choice == nil || setting.choice.hasPrefix(choice!))
        }
    }

    /// The operators of the only symbol whose group fits the cell.
    private static func fitting(_ symbols: [String], _ cell: UnitCell) -> [SymmetryOperator]? {
        let groups = Set(symbols).sorted().compactMap { HallSymbol($0)?.operators }
            .filter { $0.allSatisfy { $0.keepsDistances(in: cell) } }
        return groups.count == 1 ? groups[0] : nil
    }
}

extension SymmetryOperator {
    /// Whether the vectors of a cell keep their lengths and angles, to 2 %.
    func keepsDistances(in cell: UnitCell) -> Bool {
        let edges = [cell.a, cell.b, cell.c]
        let units = [SIMD3<Double>(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
        let images = units.map { cell.cartesian(image(of: $0) - translation) }
        return (0..<3).allSatisfy { one in
            (0..<3).allSatisfy { two in
                let change = dot(images[one], images[two]) - dot(edges[one], edges[two])
                return abs(change) <= 0.02 * length(edges[one]) * length(edges[two])
            }
        }
    }
}
