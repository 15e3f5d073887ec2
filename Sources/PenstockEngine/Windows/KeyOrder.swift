/// Something with the canonical integer of its key in front.
struct Ordered<Item: BitwiseCopyable>: BitwiseCopyable {
    let key: UInt64
    let item: Item
}

/// Sorts by key; keys are different from each other.
///
/// Many items are shared out digit by digit from the lowest on, by a counting sort for each digit in which keys differ at all. Few are
/// compared. What comes back is the column itself or one of the same size.
@inline(__always) func sortedByKey<Item: BitwiseCopyable>(
    _ items: Column<Ordered<Item>>, count: Int
) -> Column<Ordered<Item>> {
    let digitBits = 11
    guard count >= 512 else {
        var few = UnsafeMutableBufferPointer(start: items.values, count: count)
        few.sort { $0.key < $1.key }
        return items
    }
    var (all, any) = (UInt64.max, UInt64(0))
    for k in 0..<count {
        all &= items.values[k].key
        any |= items.values[k].key
    }
    let different = all ^ any
    var (from, to) = (items, Column<Ordered<Item>>(capacity: count))
    let places = Column<Int>(capacity: 1 << digitBits)
    var shift = different.trailingZeroBitCount
    while shift < 64, different >> UInt64(shift) != 0 {
        let mask = UInt64(1 << digitBits - 1)
        if different >> UInt64(shift) & mask != 0 {
            share(from.values, to.values, count: count, places.values, shift: UInt64(shift), mask: mask)
            swap(&from, &to)
        }
        shift += digitBits
    }
    return from
}

/// Puts items into the order of one digit, those of the same digit in the order in which they were.
@inline(__always) private func share<Item: BitwiseCopyable>(
    _ from: UnsafeMutablePointer<Ordered<Item>>, _ to: UnsafeMutablePointer<Ordered<Item>>, count: Int,
    _ places: UnsafeMutablePointer<Int>, shift: UInt64, mask: UInt64
) {
    places.initialize(repeating: 0, count: Int(mask) + 1)
    for k in 0..<count { places[Int(truncatingIfNeeded: from[k].key &>> shift & mask)] &+= 1 }
    var place = 0
    for digit in 0...Int(mask) { (places[digit], place) = (place, place &+ places[digit]) }
    for k in 0..<count {
        let digit = Int(truncatingIfNeeded: from[k].key &>> shift & mask)
        to[places[digit]] = from[k]
        places[digit] &+= 1
    }
}
