// The standard library's list of the stored parts of a type. It is not promised to stay; without it padding would be written as it lies.
@_spi(Reflection) internal import Swift

/// The bytes of plain values of a type that belong to none of its parts, as ranges: what lies there is not part of the value.
///
/// Of an enumeration nothing is known: its bytes count as a whole.
func paddingBytes<Value>(of type: Value.Type) -> [Range<Int>] {
    var covered: [Range<Int>] = []
    coverParts(of: type, at: 0, &covered)
    covered.sort { $0.lowerBound < $1.lowerBound }
    var padding: [Range<Int>] = []
    var end = 0
    for part in covered {
        if part.lowerBound > end { padding.append(end..<part.lowerBound) }
        end = max(end, part.upperBound)
    }
    if end < MemoryLayout<Value>.size { padding.append(end..<MemoryLayout<Value>.size) }
    return padding
}

private func coverParts(of type: any Any.Type, at start: Int, _ covered: inout [Range<Int>]) {
    var hasParts = false
    _ = _forEachField(of: type, options: []) { _, offset, part, _ in
        hasParts = true
        coverParts(of: part, at: start + offset, &covered)
        return true
    }
    guard !hasParts else { return }
    func size<Part>(_ part: Part.Type) -> Int { MemoryLayout<Part>.size }
    let bytes = _openExistential(type, do: size)
    if bytes > 0 { covered.append(start..<start + bytes) }
}
