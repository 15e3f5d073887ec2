/// Sets of periodic things that grow together, with the cell in which each thing of a set is.
///
/// Thing i in cell o is an image of thing i. Two images join; their sets remember by how many cells the members lie apart. A set that
/// meets an image of itself in another cell runs through the whole crystal in that direction.
struct LatticeUnionFind: Sendable {
    typealias Offset = SIMD3<Int32>

    private var parents: [Int32]
    /// The cell of the parent's image that holds this thing's image in cell 0.
    private var offsets: [Offset]
    private var sizes: [Int32]
    /// Independent directions in which the set of a root repeats.
    private var directions: [Int32: [Offset]] = [:]

    init(count: Int) {
        parents = (0..<count).map { Int32($0) }
        offsets = [Offset](repeating: Offset(), count: count)
        sizes = [Int32](repeating: 1, count: count)
    }

    /// The set's root, and the cell of the root's image that holds thing `index` in cell 0.
    func root(of index: Int) -> (root: Int, offset: Offset) {
        var (at, total) = (index, Offset())
        while Int(parents[at]) != at {
            total &+= offsets[at]
            at = Int(parents[at])
        }
        return (at, total)
    }

    /// The number of independent directions in which the set of a root runs through the crystal, 0 to 3.
    func dimensionality(ofRoot root: Int) -> Int { directions[Int32(root)]?.count ?? 0 }

    /// Whether things are in one set already, and joining `first` in cell 0 with `second` in cell `offset` gives it no new direction.
    func areJoined(_ first: Int, _ second: Int, offset: Offset) -> Bool {
        let (one, other) = (root(of: first), root(of: second))
        guard one.root == other.root else { return false }
        let turn = other.offset &+ offset &- one.offset
        return !Self.isIndependent(turn, of: directions[Int32(one.root)] ?? [])
    }

    /// Joins thing `first` in cell 0 and thing `second` in cell `offset`. Says whether their set repeats in a direction that is new.
    @discardableResult mutating func join(_ first: Int, _ second: Int, offset: Offset) -> Bool {
        let (one, other) = (root(of: first), root(of: second))
        let turn = other.offset &+ offset &- one.offset
        if one.root == other.root { return add(turn, to: one.root) }
        let (large, small, shift) =
            sizes[one.root] >= sizes[other.root]
            ? (one.root, other.root, Offset() &- turn) : (other.root, one.root, turn)
        parents[small] = Int32(large)
        offsets[small] = shift
        sizes[large] += sizes[small]
        var isNew = false
        for direction in directions.removeValue(forKey: Int32(small)) ?? [] {
            if add(direction, to: large) { isNew = true }
        }
        return isNew
    }

    private mutating func add(_ direction: Offset, to root: Int) -> Bool {
        var known = directions[Int32(root)] ?? []
        guard Self.isIndependent(direction, of: known) else { return false }
        known.append(direction)
        directions[Int32(root)] = known
        return true
    }

    private static func isIndependent(_ direction: Offset, of known: [Offset]) -> Bool {
        guard direction != Offset(), known.count < 3 else { return false }
        guard let first = known.first else { return true }
        let normal = crossed(first, direction)
        guard known.count == 2 else { return normal != SIMD3<Int>() }
        let second = known[1]
        return normal.x * Int(second.x) + normal.y * Int(second.y) + normal.z * Int(second.z) != 0
    }

    private static func crossed(_ left: Offset, _ right: Offset) -> SIMD3<Int> {
        let (l, r) = (SIMD3<Int>(truncatingIfNeeded: left), SIMD3<Int>(truncatingIfNeeded: right))
        return SIMD3(l.y * r.z - l.z * r.y, l.z * r.x - l.x * r.z, l.x * r.y - l.y * r.x)
    }
}
