internal import PenstockEvents

/// All frameworks that a library of linkers makes on a net: every choice of three linkers, with repetition, without regard to order.
///
/// Candidates have numbers from 0 on, so that none needs to be stored; neither the number nor the name depends on anything but the library.
public struct CandidateSpace: Sendable {
    /// A framework that could be made.
    public struct Candidate: Sendable, Hashable {
        /// Its number in the space.
        public let number: Int
        /// The places of its linkers in the library, rising.
        public let linkers: SIMD3<Int>
        /// `pcu-` and 16 hexadecimal digits, a hash of node, net and linkers: the same in any space that has them.
        public let name: String
    }

    /// The linkers, sorted, each once.
    public let linkers: [Linker]
    /// How many candidates there are: n (n + 1) (n + 2) / 6 of n linkers.
    public let count: Int
    private let parts: [LinkerFeatures]

    /// The space of a library of linkers, one at least and 10,000 at most.
    public init(linkers: [Linker] = Linker.library) {
        precondition((1...10_000).contains(linkers.count), "a library has 1 to 10,000 linkers")
        self.linkers = Array(Set(linkers)).sorted()
        count = Self.triples(self.linkers.count)
        parts = self.linkers.map { LinkerFeatures($0) }
    }

    /// The candidate with a number.
    public subscript(number: Int) -> Candidate {
        precondition((0..<count).contains(number), "there are \(count) candidates")
        let last = Self.largest { Self.triples($0) <= number }
        let middle = Self.largest { Self.pairs($0) <= number - Self.triples(last) }
        return candidate(number, SIMD3(number - Self.triples(last) - Self.pairs(middle), middle, last))
    }

    /// The candidate of three linkers, by their places in the library in any order.
    public func candidate(of linkers: SIMD3<Int>) -> Candidate {
        let sorted = [linkers.x, linkers.y, linkers.z].sorted()
        precondition(sorted[0] >= 0 && sorted[2] < self.linkers.count, "the library has \(self.linkers.count) linkers")
        return candidate(
            sorted[0] + Self.pairs(sorted[1]) + Self.triples(sorted[2]), SIMD3(sorted[0], sorted[1], sorted[2]))
    }

    /// The candidate at a place of the random order of a seed, in which each comes once.
    public func candidate(seed: UInt64, place: Int) -> Candidate {
        self[CandidateOrder(count: count, seed: seed)[place]]
    }

    /// The candidates that differ from one in one linker, in the order of the linkers.
    public func neighbours(of candidate: Candidate) -> [Candidate] {
        var seen: Set<Int> = [candidate.number]
        return (0..<3).flatMap { axis in
            linkers.indices.compactMap { linker -> Candidate? in
                var other = candidate.linkers
                other[axis] = linker
                let neighbour = self.candidate(of: other)
                return seen.insert(neighbour.number).inserted ? neighbour : nil
            }
        }
    }

    /// The structure of a candidate, named after it.
    public func crystal(of candidate: Candidate) -> Crystal {
        let chosen = candidate.linkers
        return CubicNet.crystal(
            name: candidate.name, linkers: linkers[chosen.x], linkers[chosen.y], linkers[chosen.z])
    }

    /// What a surrogate knows of a candidate before it is made: `featureNames` in their order.
    public func features(of candidate: Candidate) -> [Double] {
        LinkerFeatures.combined([candidate.linkers.x, candidate.linkers.y, candidate.linkers.z].map { parts[$0] })
    }

    /// The names of the features, with units.
    public static var featureNames: [String] { LinkerFeatures.names }

    private func candidate(_ number: Int, _ chosen: SIMD3<Int>) -> Candidate {
        let names = [chosen.x, chosen.y, chosen.z].map { linkers[$0].description }
        var hash = SplitMix64.golden
        for byte in "pcu Zn4O \(names.joined(separator: " "))".utf8 { hash = SplitMix64.mix(hash ^ UInt64(byte)) &+ 1 }
        let digits = String(SplitMix64.mix(hash), radix: 16)
        let name = "pcu-" + String(repeating: "0", count: 16 - digits.count) + digits
        return Candidate(number: number, linkers: chosen, name: name)
    }

    // The combinatorial number system for choices with repetition: D. E. Knuth, The Art of Computer Programming 4A, section 7.2.1.3.
    private static func pairs(_ count: Int) -> Int { count * (count + 1) / 2 }
    private static func triples(_ count: Int) -> Int { count * (count + 1) * (count + 2) / 6 }

    /// The largest number from 0 on that fits, where all smaller ones do.
    private static func largest(where fits: (Int) -> Bool) -> Int {
        var (low, high) = (0, 1)
        while fits(high) { (low, high) = (high, 2 * high) }
        while high - low > 1 {
            let middle = (low + high) / 2
            if fits(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
