/// What a table keeps by key, in the order in which it stands in a checkpoint: by key group, in a group by key code.
///
/// An entry is a few words, the first of which is the code. Hashes are spread evenly, so that two passes of sorting by some of their bits
/// leave next to nothing to be moved; groups in which they are not are sorted by comparing. Ownership: two columns that nobody else has.
struct GroupedEntries {
    /// The words of an entry.
    let width: Int
    private let words: Column<UInt64>
    /// Where each group begins, and where the last one ends, in entries.
    private let starts: [Int]

    /// The number of key groups.
    static let groupCount = PhysicalPlan.largestParallelism

    /// Entries that `fill` writes, at most `capacity`; it gives their number. `displaced` has the hashes of the codes that are none.
    init(
        width: Int, capacity: Int, displaced: [UInt64: UInt64], _ fill: (UnsafeMutablePointer<UInt64>) -> Int
    ) {
        self.width = width
        let found = Column<UInt64>(capacity: capacity * width)
        let count = fill(found.values)
        let grouped = Column<UInt64>(capacity: count * width)
        starts = Self.share(found.values, count, width, displaced, into: grouped.values)
        for group in 0..<Self.groupCount {
            let range = starts[group]..<starts[group + 1]
            let source = grouped.values + range.lowerBound * width
            let target = found.values + range.lowerBound * width
            if !displaced.isEmpty || !Self.spread(source, range.count, width, into: target) {
                Self.compareAndSort(source, range.count, width, into: target)
            }
        }
        words = found
    }

    /// How many entries there are.
    var count: Int { starts[Self.groupCount] }

    /// How many entries a group has.
    func count(in group: Int) -> Int { starts[group + 1] - starts[group] }

    /// Calls `body` with the words of a group's entries, one entry behind the other.
    func withEntries<Result, Failure: Error>(
        of group: Int, _ body: (UnsafeBufferPointer<UInt64>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = words.values + starts[group] * width
        return try body(UnsafeBufferPointer(start: start, count: count(in: group) * width))
    }

    /// The key group of a code.
    static func group(of code: UInt64, _ displaced: [UInt64: UInt64]) -> Int {
        Int(KeyRouter.group(of: displaced.isEmpty ? code : displaced[code] ?? code))
    }

    // MARK: Sorting

    /// Puts the entries into their groups.
    private static func share(
        _ entries: UnsafeMutablePointer<UInt64>, _ count: Int, _ width: Int, _ displaced: [UInt64: UInt64],
        into target: UnsafeMutablePointer<UInt64>
    ) -> [Int] {
        var starts = Array(repeating: 0, count: groupCount + 1)
        for k in 0..<count { starts[group(of: entries[k &* width], displaced) + 1] += 1 }
        for group in 0..<groupCount { starts[group + 1] += starts[group] }
        var next = starts
        for k in 0..<count {
            let group = group(of: entries[k &* width], displaced)
            copy(entries + k &* width, target + next[group] &* width, width)
            next[group] += 1
        }
        return starts
    }

    /// Sorts the entries of a group by the bits of their codes behind those of the group; false where too many have the same.
    private static func spread(
        _ entries: UnsafeMutablePointer<UInt64>, _ count: Int, _ width: Int, into target: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        guard count > 1 else {
            if count == 1 { copy(entries, target, width) }
            return true
        }
        let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
        let shift = UInt64(64 - bits)
        let groupBits = UInt64(groupCount.trailingZeroBitCount)
        var next = Array(repeating: 0, count: (1 << bits) + 1)
        for k in 0..<count { next[Int((entries[k &* width] << groupBits) >> shift) + 1] += 1 }
        guard next.allSatisfy({ $0 <= 64 }) else { return false }
        for bucket in 1..<next.count { next[bucket] += next[bucket - 1] }
        for k in 0..<count {
            let bucket = Int((entries[k &* width] << groupBits) >> shift)
            copy(entries + k &* width, target + next[bucket] &* width, width)
            next[bucket] += 1
        }
        insertionSort(target, count, width)
        return true
    }

    /// Sorts entries that are nearly in order.
    private static func insertionSort(_ entries: UnsafeMutablePointer<UInt64>, _ count: Int, _ width: Int) {
        for k in 1..<count where entries[k &* width] < entries[(k &- 1) &* width] {
            var at = k
            while at > 0, entries[at &* width] < entries[(at &- 1) &* width] {
                for word in 0..<width {
                    let moved = entries[at &* width &+ word]
                    entries[at &* width &+ word] = entries[(at &- 1) &* width &+ word]
                    entries[(at &- 1) &* width &+ word] = moved
                }
                at &-= 1
            }
        }
    }

    private static func compareAndSort(
        _ entries: UnsafeMutablePointer<UInt64>, _ count: Int, _ width: Int, into target: UnsafeMutablePointer<UInt64>
    ) {
        let order = (0..<count).sorted { entries[$0 * width] < entries[$1 * width] }
        for (k, from) in order.enumerated() { copy(entries + from * width, target + k * width, width) }
    }

    @inline(__always) fileprivate static func copy(
        _ source: UnsafePointer<UInt64>, _ target: UnsafeMutablePointer<UInt64>, _ width: Int
    ) {
        target[0] = source[0]
        if width == 1 { return }
        target[1] = source[1]
        if width == 2 { return }
        target[2] = source[2]
        if width == 3 { return }
        for word in 3..<width { target[word] = source[word] }
    }
}

extension GroupedEntries {
    /// The entries of a table of slots whose first word is code + 1, or 0 in an empty one; `last` is the slot of the code that has no such
    /// word, if there is one.
    init(
        slots: UnsafePointer<UInt64>, width: Int, capacity: Int, count: Int, last: UnsafePointer<UInt64>?,
        displaced: [UInt64: UInt64]
    ) {
        self.init(width: width, capacity: count, displaced: displaced) { target in
            var found = 0
            for slot in 0..<capacity {
                let source = slots + slot &* width
                guard source[0] != 0 else { continue }
                Self.copy(source, target + found &* width, width)
                target[found &* width] &-= 1
                found &+= 1
            }
            if let last {
                Self.copy(last, target + found &* width, width)
                target[found &* width] = .max
                found &+= 1
            }
            return found
        }
    }

    /// Codes, of which each counts once.
    init(codes: [UInt64], displaced: [UInt64: UInt64]) {
        self.init(width: 1, capacity: codes.count, displaced: displaced) { target in
            for (k, code) in codes.enumerated() { target[k] = code }
            return codes.count
        }
    }
}
