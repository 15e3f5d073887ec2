internal import PenstockEvents

/// The keys that an instance is done with and must still know, exactly and in little memory.
///
/// Keys of at most 64 bits are kept as ranges of their canonical integers, apart for each key group: a range says of the keys of its group alone, so
/// keys that are given in order, such as the numbers of scans, come to one range a group however many they are. Of longer keys the bytes are kept.
struct FinishedKeys {
    /// How many integers are looked at for one that keeps two ranges apart; about one in 128 is of the group.
    private static let reach: UInt64 = 4096

    private var ranges: [UInt16: [ClosedRange<UInt64>]] = [:]
    private var long: [UInt16: Set<[UInt8]>] = [:]

    /// How many ranges and long keys are kept.
    var count: Int {
        ranges.values.reduce(0) { $0 + $1.count } + long.values.reduce(0) { $0 + $1.count }
    }

    /// Whether the key in a slot is done with.
    func contains(_ slot: Int, _ keys: KeyTable) -> Bool {
        if ranges.isEmpty && long.isEmpty { return false }
        let group = Self.group(keys.hashes[slot])
        guard keys.bytes[slot].isEmpty else { return long[group]?.contains(keys.bytes[slot]) ?? false }
        let key = SplitMix64.unmix(keys.hashes[slot])
        guard let ranges = ranges[group] else { return false }
        let at = Self.place(of: key, in: ranges)
        return at > 0 && ranges[at - 1].contains(key)
    }

    /// The key in a slot is done with from now on.
    mutating func insert(_ slot: Int, _ keys: KeyTable) {
        let group = Self.group(keys.hashes[slot])
        guard keys.bytes[slot].isEmpty else {
            long[group, default: []].insert(keys.bytes[slot])
            return
        }
        insert(SplitMix64.unmix(keys.hashes[slot]), in: group)
    }

    private mutating func insert(_ key: UInt64, in group: UInt16) {
        var ranges = ranges.removeValue(forKey: group) ?? []
        defer { self.ranges[group] = ranges }
        let at = Self.place(of: key, in: ranges)
        if at > 0, ranges[at - 1].contains(key) { return }
        var joined = key...key
        var (first, last) = (at, at)
        if at > 0, Self.areNeighbours(ranges[at - 1].upperBound, key, in: group) {
            joined = ranges[at - 1].lowerBound...joined.upperBound
            first -= 1
        }
        if at < ranges.count, Self.areNeighbours(key, ranges[at].lowerBound, in: group) {
            joined = joined.lowerBound...ranges[at].upperBound
            last += 1
        }
        ranges.replaceSubrange(first..<last, with: [joined])
    }

    private static func group(_ hash: UInt64) -> UInt16 { UInt16(KeyRouter.group(of: hash)) }

    /// The place of the first range that begins behind the key.
    private static func place(of key: UInt64, in ranges: [ClosedRange<UInt64>]) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound <= key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether no key between two of a group is of that group.
    private static func areNeighbours(_ a: UInt64, _ b: UInt64, in group: UInt16) -> Bool {
        guard b - a <= reach else { return false }
        var key = a + 1
        while key < b {
            if Self.group(SplitMix64.mix(key)) == group { return false }
            key += 1
        }
        return true
    }

    // MARK: Checkpoints

    func snapshot(into state: inout StateWriter, byKeyGroup: Bool) {
        for group in Set(ranges.keys).union(long.keys).sorted() {
            state.chunk(group: byKeyGroup ? group : nil) { chunk in
                chunk.put(StateKind.finished.rawValue)
                chunk.put(group)
                let ranges = ranges[group] ?? []
                chunk.put(UInt64(ranges.count))
                for range in ranges {
                    chunk.put(range.lowerBound)
                    chunk.put(range.upperBound)
                }
                let keys = (long[group] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
                chunk.put(UInt64(keys.count))
                for key in keys { chunk.put(key) }
            }
        }
    }

    mutating func restore(_ decoder: inout StateDecoder) throws {
        let group: UInt16 = try decoder.integer()
        for _ in 0..<(try decoder.integer(UInt64.self)) {
            let (lower, upper): (UInt64, UInt64) = (try decoder.integer(), try decoder.integer())
            guard lower <= upper else { throw StateDamaged() }
            ranges[group, default: []].append(lower...upper)
        }
        for _ in 0..<(try decoder.integer(UInt64.self)) {
            long[group, default: []].insert(Array(try decoder.data()))
        }
    }
}
