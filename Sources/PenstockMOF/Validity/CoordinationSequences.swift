internal import PenstockEvents

/// Counts the atoms that are 1, 2, 3 … bonds away from an atom, in the graph without end.
struct CoordinationSequences {
    private let atomCount: Int
    /// The bonds of atom i are those from `starts[i]` to below `starts[i + 1]`.
    private let starts: [Int]
    private let ends: [End]
    private var seen = PlaceSet()

    /// Where a bond leads, and what is counted there.
    private struct End {
        let atom: Int
        let offset: SIMD3<Int32>
        let weight: UInt64
    }

    /// - Parameters:
    ///   - colours: What is counted: atoms of one colour are alike.
    ///   - atomCount: A sequence ends with the shell that reaches so many atoms.
    init(_ bonds: BondGraph, colours: [UInt64], atomCount: Int) {
        self.atomCount = atomCount
        var starts = [0]
        var ends: [End] = []
        for atom in 0..<bonds.atomCount {
            for end in bonds[atom] where bonds[end.atom].count > 1 {
                let weight = SplitMix64.mix(colours[end.atom] ^ SplitMix64.golden)
                ends.append(End(atom: end.atom, offset: end.offset, weight: weight))
            }
            starts.append(ends.count)
        }
        (self.starts, self.ends) = (starts, ends)
    }

    /// A hash of how many atoms of each colour are in each shell. Atoms with one neighbour are left out: their neighbours' colours know of
    /// them.
    mutating func hash(around centre: Int) -> UInt64 {
        seen.removeAll()
        var shell = [Place(atom: centre, offset: .zero)]
        _ = seen.insert(shell[0])
        var hash: UInt64 = 0
        while !shell.isEmpty, seen.count < atomCount {
            var next: [Place] = []
            next.reserveCapacity(2 * shell.count)
            var sum: UInt64 = 0
            for place in shell {
                for index in starts[place.atom]..<starts[place.atom + 1] {
                    let end = ends[index]
                    let other = Place(atom: end.atom, offset: place.offset &+ end.offset)
                    guard seen.insert(other) else { continue }
                    next.append(other)
                    sum &+= end.weight
                }
            }
            hash = SplitMix64.mix(hash &+ SplitMix64.mix(sum))
            shell = next
        }
        return hash
    }
}

/// An atom of the crystal without end.
private struct Place {
    let atom: Int
    let offset: SIMD3<Int32>

    /// A number of its own: 28 bits for the atom, 12 for each offset, which shells of bonds do not leave. Never 0.
    @inline(__always) var key: UInt64 {
        func bits(_ offset: Int32) -> UInt64 { UInt64(truncatingIfNeeded: offset) & 0xFFF }
        return UInt64(atom + 1) << 36 | bits(offset.x) << 24 | bits(offset.y) << 12 | bits(offset.z)
    }
}

/// A set of places that is emptied and filled again and again: a table of keys with linear probing.
private struct PlaceSet {
    private var keys = [UInt64](repeating: 0, count: 1 << 14)
    private(set) var count = 0

    mutating func removeAll() {
        for index in keys.indices { keys[index] = 0 }
        count = 0
    }

    /// Adds a place; whether it is new.
    @inline(__always) mutating func insert(_ place: Place) -> Bool {
        guard put(place.key) else { return false }
        count += 1
        if 2 * count > keys.count { grow() }
        return true
    }

    @inline(__always) private mutating func put(_ key: UInt64) -> Bool {
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: SplitMix64.mix(key)) & mask
        while keys[slot] != 0 {
            if keys[slot] == key { return false }
            slot = (slot + 1) & mask
        }
        keys[slot] = key
        return true
    }

    private mutating func grow() {
        let old = keys
        keys = [UInt64](repeating: 0, count: 2 * old.count)
        for key in old where key != 0 { _ = put(key) }
    }
}
