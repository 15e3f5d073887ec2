internal import PenstockEvents
package import PenstockFabric

extension SlabPool {
    /// Whether so many slabs are free in the end: a transport lets go of a slab a little after it has said that it is done with it.
    package func comesBack(_ count: Int) async -> Bool {
        for _ in 0..<10_000 where freeCount != count { try? await Task.sleep(for: .milliseconds(1)) }
        return freeCount == count
    }
}

extension SlabRange {
    /// Fills it with bytes that tell a payload's number and each place in it.
    package func fill(_ number: Int) {
        for at in 0..<count / 8 {
            bytes.storeBytes(
                of: SplitMix64.mix(UInt64(number) << 32 | UInt64(at)), toByteOffset: 8 * at, as: UInt64.self)
        }
        for at in (count & ~7)..<count { bytes[at] = UInt8(truncatingIfNeeded: at) }
    }

    /// What tells its bytes from others.
    package var digest: UInt64 { XXHash64.hash(UnsafeRawBufferPointer(bytes)) }
}
