internal import Glibc

/// How fast one core copies memory that is too large for its caches: what a read cannot beat by much.
package enum CopyFloor {
    package static let kind = "memory copy"

    package static func bytesPerSecond() -> Double {
        let count = 256 << 20
        let source = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
        let target = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
        defer {
            source.deallocate()
            target.deallocate()
        }
        // Not one value: a compiler makes a fill of such a copy.
        for place in stride(from: 0, to: count, by: 8) {
            source.storeBytes(of: place, toByteOffset: place, as: Int.self)
        }
        memset(target, 2, count)
        var best = 0.0
        for _ in 0..<5 {
            let milliseconds = ProcessorTime.milliseconds { memcpy(target, source, count) }
            best = max(best, Double(count) / milliseconds * 1e3)
            // Every copy is looked at, or it would not be made.
            precondition(memcmp(target, source, count) == 0, "a copy is equal")
        }
        return best
    }
}
