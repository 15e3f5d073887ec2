/// A space group as its Hall symbol says it: a lattice, up to four operations, and a shift of the origin.
///
/// Source: S. R. Hall, "Space-group notation with an explicit origin", Acta Crystallographica A 37 (1981) 517,
/// DOI 10.1107/S0567739481001228; erratum 37, 921.
struct HallSymbol {
    /// The most operators of a group in a cell with all its centrings.
    static let operatorsMax = 192

    private var generators: [SymmetryOperator] = []

    /// All operators of the group, the identity first.
    ///
    /// Nil where a wrong symbol does not generate a group of a finite number of operators.
    var operators: [SymmetryOperator]? {
        var all = [SymmetryOperator.identity]
        var known = Set(all)
        var next = 0
        while next < all.count {
            for generator in generators {
                let product = generator.after(all[next])
                if known.insert(product).inserted { all.append(product) }
            }
            if all.count > Self.operatorsMax { return nil }
            next += 1
        }
        return all
    }

    /// The group of a symbol such as `-P 2ybc`; nil where it is none, or where it changes the axes.
    init?(_ symbol: String) {
        let halves = symbol.replacing("_", with: " ").split(separator: "(", maxSplits: 1)
        guard var words = halves.first?.split(whereSeparator: \.isWhitespace), !words.isEmpty else { return nil }
        var lattice = words.removeFirst()
        if lattice.first == "-" {
            generators.append(Self.operation(Self.inversion, .zero))
            lattice.removeFirst()
        }
        guard lattice.count == 1, let centrings = Self.centrings[lattice.first!] else { return nil }
        generators += centrings.map { Self.operation(Self.identity, $0) }
        var before: (order: Int, axis: Character)?
        for (place, word) in words.enumerated() {
            guard let generator = Self.generator(word, place, &before) else { return nil }
            generators.append(generator)
        }
        if halves.count > 1 {
            guard let shift = Self.shift(halves[1]) else { return nil }
            let (there, back) = (Self.operation(Self.identity, shift), Self.operation(Self.identity, -shift))
            generators = generators.map { there.after($0).after(back) }
        }
    }

    /// The operation of a word such as `-4bd`, `2"`, `31`, `3*`.
    private static func generator(
        _ word: Substring, _ place: Int, _ before: inout (order: Int, axis: Character)?
    ) -> SymmetryOperator? {
        var rest = word
        let isImproper = rest.first == "-"
        if isImproper { rest.removeFirst() }
        guard let order = rest.popFirst()?.wholeNumberValue, [1, 2, 3, 4, 6].contains(order) else { return nil }
        var axis = rest.first.flatMap { "xyz'\"*".contains($0) ? $0 : nil }
        if axis != nil { rest.removeFirst() }
        if axis == nil {
            switch place {
            case 0: axis = "z"
            case 1 where order == 2: axis = before?.order == 3 || before?.order == 6 ? "'" : "x"
            case 2 where order == 3: axis = "*"
            default: axis = order == 1 ? "z" : nil
            }
        }
        guard let axis, var matrix = rotation(order, axis, before: before?.axis ?? "z") else { return nil }
        var translation = SIMD3<Double>.zero
        for letter in rest {
            if let step = translations[letter] {
                translation += step
            } else if let turns = letter.wholeNumberValue, turns < order, let along = axes[axis] {
                translation += along * Double(turns) / Double(order)
            } else {
                return nil
            }
        }
        if isImproper { matrix = matrix.map { -$0 } }
        before = (order, "xyz".contains(axis) ? axis : before?.axis ?? "z")
        return operation(matrix, translation)
    }

    /// The rows of a rotation.
    private static func rotation(_ order: Int, _ axis: Character, before: Character) -> [SIMD3<Double>]? {
        if order == 1 { return identity }
        if axis == "*" { return order == 3 ? [SIMD3(0, 0, 1), SIMD3(1, 0, 0), SIMD3(0, 1, 0)] : nil }
        if axis == "'" || axis == "\"" {
            guard order == 2 else { return nil }
            let sign = axis == "'" ? -1.0 : 1.0
            switch before {
            case "x": return [SIMD3(-1, 0, 0), SIMD3(0, 0, sign), SIMD3(0, sign, 0)]
            case "y": return [SIMD3(0, 0, sign), SIMD3(0, -1, 0), SIMD3(sign, 0, 0)]
            default: return [SIMD3(0, sign, 0), SIMD3(sign, 0, 0), SIMD3(0, 0, -1)]
            }
        }
        // In the plane across the axis, from the next axis to the one after it.
        let (one, two): (SIMD2<Double>, SIMD2<Double>) =
            switch order {
            case 2: (SIMD2(-1, 0), SIMD2(0, -1))
            case 3: (SIMD2(0, -1), SIMD2(1, -1))
            case 4: (SIMD2(0, -1), SIMD2(1, 0))
            default: (SIMD2(1, -1), SIMD2(1, 0))
            }
        switch axis {
        case "x": return [SIMD3(1, 0, 0), SIMD3(0, one.x, one.y), SIMD3(0, two.x, two.y)]
        case "y": return [SIMD3(two.y, 0, two.x), SIMD3(0, 1, 0), SIMD3(one.y, 0, one.x)]
        default: return [SIMD3(one.x, one.y, 0), SIMD3(two.x, two.y, 0), SIMD3(0, 0, 1)]
        }
    }

    /// The shift of `(0 0 1)`, in twelfths.
    private static func shift(_ text: Substring) -> SIMD3<Double>? {
        let parts = text.prefix { $0 != ")" }.split(separator: " ").compactMap { Double($0) }
        return parts.count == 3 ? SIMD3(parts[0], parts[1], parts[2]) / 12 : nil
    }

    private static func operation(_ rows: [SIMD3<Double>], _ translation: SIMD3<Double>) -> SymmetryOperator {
        SymmetryOperator(x: rows[0], y: rows[1], z: rows[2], translation: translation)
    }

    private static let identity: [SIMD3<Double>] = [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
    private static let inversion = identity.map { -$0 }
    private static let axes: [Character: SIMD3<Double>] = [
        "x": SIMD3(1, 0, 0), "y": SIMD3(0, 1, 0), "z": SIMD3(0, 0, 1),
    ]
    private static let translations: [Character: SIMD3<Double>] = [
        "a": SIMD3(0.5, 0, 0), "b": SIMD3(0, 0.5, 0), "c": SIMD3(0, 0, 0.5), "n": SIMD3(0.5, 0.5, 0.5),
        "u": SIMD3(0.25, 0, 0), "v": SIMD3(0, 0.25, 0), "w": SIMD3(0, 0, 0.25), "d": SIMD3(0.25, 0.25, 0.25),
    ]
    private static let centrings: [Character: [SIMD3<Double>]] = [
        "P": [], "A": [SIMD3(0, 0.5, 0.5)], "B": [SIMD3(0.5, 0, 0.5)], "C": [SIMD3(0.5, 0.5, 0)],
        "I": [SIMD3(0.5, 0.5, 0.5)], "F": [SIMD3(0, 0.5, 0.5), SIMD3(0.5, 0, 0.5)],
        "R": [SIMD3(2, 1, 1) / 3], "S": [SIMD3(1, 1, 2) / 3], "T": [SIMD3(1, 2, 1) / 3], "H": [SIMD3(2, 1, 0) / 3],
    ]
}
