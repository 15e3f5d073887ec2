/// The index into a line of `count` values that is mirrored at its ends without end: the first value is followed by itself to the left.
func mirrored(_ index: Int, count: Int) -> Int {
    if index >= 0, index < count { return index }
    let folded = ((index % (2 * count)) + 2 * count) % (2 * count)
    return folded < count ? folded : 2 * count - 1 - folded
}
