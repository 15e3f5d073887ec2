/// All sums of some translations of the cell, as a basis of integers in which each vector begins one axis later: the Hermite normal form
/// without its last step (H. Cohen, A Course in Computational Algebraic Number Theory (1993), section 2.4, DOI 10.1007/978-3-662-02945-9).
struct TranslationLattice: Sendable {
    /// The basis vectors by the axis at which they begin; zero where there is none.
    private var rows = (SIMD3<Int>.zero, SIMD3<Int>.zero, SIMD3<Int>.zero)

    private subscript(axis: Int) -> SIMD3<Int> {
        get { axis == 0 ? rows.0 : axis == 1 ? rows.1 : rows.2 }
        set { if axis == 0 { rows.0 = newValue } else if axis == 1 { rows.1 = newValue } else { rows.2 = newValue } }
    }

    /// How many independent translations there are.
    var rank: Int { (0..<3).count { self[$0][$0] != 0 } }

    /// How many cells a cell of this lattice holds; nil unless there are three independent translations.
    var index: Int? { rank == 3 ? abs(rows.0.x &* rows.1.y &* rows.2.z) : nil }

    /// Adds a translation.
    mutating func add(_ offset: SIMD3<Int32>) { add(SIMD3<Int>(truncatingIfNeeded: offset)) }

    /// Adds those of another.
    mutating func add(_ other: TranslationLattice) {
        for axis in 0..<3 { add(other[axis]) }
    }

    private mutating func add(_ translation: SIMD3<Int>) {
        var rest = translation
        // Euclid's algorithm on each axis in turn.
        for axis in 0..<3 {
            while rest[axis] != 0 {
                let row = self[axis]
                if row[axis] != 0 { rest &-= row &* SIMD3(repeating: rest[axis] / row[axis]) }
                if rest[axis] != 0 { (self[axis], rest) = (rest, row) }
            }
        }
    }
}
