internal import PenstockEvents

/// What tells structures apart: a hash of the bond graph with its elements, the same for all descriptions of one structure.
///
/// It does not depend on the order of the atoms, on the choice of the cell, or on how often the cell is repeated: it is that of the graph
/// without end, as reducing to the primitive cell would make it. Lengths and angles do not enter, so that a framework keeps its hash while
/// it breathes, and before and after relaxation.
///
/// Colours are refined by the neighbours' until no more atoms differ (B. Weisfeiler, A. Leman, 1968; N. Shervashidze et al., Journal of
/// Machine Learning Research 12 (2011) 2539). That alone sees no rings and takes all zeolites of one composition for one. So the atoms of the
/// rarest colour also get their coordination sequences (G. O. Brunner, F. Laves, Wissenschaftliche Zeitschrift der Technischen Universität
/// Dresden 20 (1971) 387): how many atoms of each colour are 1, 2, 3 … bonds away. Last comes the number of frameworks that go through each
/// other. Enantiomers, and nets whose coordination sequences agree as far as they are followed, have the same hash.
public struct GraphHash: Sendable, Hashable, CustomStringConvertible {
    /// How many atoms a coordination sequence reaches before it ends with a whole shell: enough to tell ZIF-1 from ZIF-4, whose nets of zinc
    /// have 62 and 63 fifth neighbours, but the same number of nearer ones.
    public static let sequenceAtoms = 3000

    /// The hash.
    public let value: UInt64

    /// The hash as 16 hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The hash of a crystal with its bonds. Takes time that is linear in the number of atoms, but for sorting.
    public init(_ crystal: Crystal, _ bonds: BondGraph) {
        precondition(crystal.atoms.count == bonds.atomCount, "these are not the bonds of this crystal")
        var colours = crystal.atoms.map { SplitMix64.mix(SplitMix64.golden &* UInt64($0.element.rawValue)) }
        Self.refine(&colours, bonds)
        Self.addSequences(&colours, bonds)
        Self.refine(&colours, bonds)
        var hash = SplitMix64.mix(UInt64(Fragments(bonds).interpenetration))
        // Shares, not numbers: the same in a larger cell.
        let classes = Self.classes(colours)
        let divisor = classes.reduce(0) { Self.greatestCommonDivisor($0, $1.count) }
        for (colour, count) in classes {
            hash = SplitMix64.mix(hash &+ colour)
            hash = SplitMix64.mix(hash &+ UInt64(count / divisor))
        }
        value = hash
    }

    /// Mixes into each colour those of the neighbours, in no order, until no more atoms differ.
    private static func refine(_ colours: inout [UInt64], _ bonds: BondGraph) {
        var classCount = classes(colours).count
        while true {
            let refined = colours.indices.map { atom in
                let sum = bonds[atom].reduce(UInt64(0)) { $0 &+ SplitMix64.mix(colours[$1.atom] ^ SplitMix64.golden) }
                return SplitMix64.mix(colours[atom] &+ SplitMix64.mix(sum))
            }
            let count = classes(refined).count
            colours = refined
            if count == classCount { return }
            classCount = count
        }
    }

    /// The colours in rising order, and how many atoms have each.
    private static func classes(_ colours: [UInt64]) -> [(colour: UInt64, count: Int)] {
        colours.sorted().reduce(into: []) { classes, colour in
            if classes.last?.colour == colour {
                classes[classes.count - 1].count += 1
            } else {
                classes.append((colour, 1))
            }
        }
    }

    private static func greatestCommonDivisor(_ one: Int, _ other: Int) -> Int {
        var (large, small) = (one, other)
        while small != 0 { (large, small) = (small, large % small) }
        return large
    }

    /// Mixes into the colours of the rarest kind of atoms their coordination sequences.
    private static func addSequences(_ colours: inout [UInt64], _ bonds: BondGraph) {
        guard let rarest = classes(colours).min(by: { ($0.count, $0.colour) < ($1.count, $1.colour) }) else { return }
        let first = colours
        var sequences = CoordinationSequences(bonds, colours: first, atomCount: sequenceAtoms)
        for atom in first.indices where first[atom] == rarest.colour {
            colours[atom] = SplitMix64.mix(first[atom] &+ sequences.hash(around: atom))
        }
    }
}
