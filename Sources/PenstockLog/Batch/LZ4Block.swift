internal import CLZ4

/// LZ4 blocks (liblz4): what a section of a batch becomes in a topic that asks for it.
enum LZ4Block {
    /// Bytes that are compressed on trial before the whole section is.
    private static let probeBytes = 64 << 10
    /// Below this ratio the bytes stay as they are. In hundredths.
    private static let leastRatioPercent = 115

    /// Compresses `source` to the start of `target`, which has room for as many bytes; nil where it would not pay.
    static func compress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        precondition(target.count >= source.count, "a target as large as the source")
        let probe = min(source.count, probeBytes)
        guard probe > 0, let size = attempt(source, probe, target, probe * 100 / leastRatioPercent) else { return nil }
        return probe == source.count ? size : attempt(source, source.count, target, source.count - 1)
    }

    /// Fills `target` with what `source` was before.
    static func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(BatchDefect) {
        let count = LZ4_decompress_safe(
            source.bindMemory(to: CChar.self).baseAddress, target.bindMemory(to: CChar.self).baseAddress,
            CInt(source.count), CInt(target.count))
        guard count == target.count else { throw .layout("it does not decompress to \(target.count) bytes") }
    }

    // Compresses `count` bytes into at most `limit`.
    private static func attempt(
        _ source: UnsafeRawBufferPointer, _ count: Int, _ target: UnsafeMutableRawBufferPointer, _ limit: Int
    ) -> Int? {
        guard count <= Int(LZ4_MAX_INPUT_SIZE) else { return nil }
        let size = LZ4_compress_default(
            source.bindMemory(to: CChar.self).baseAddress, target.bindMemory(to: CChar.self).baseAddress, CInt(count),
            CInt(limit))
        return size > 0 ? Int(size) : nil
    }
}
