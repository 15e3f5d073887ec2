/// What a power loss makes of a file with unsynced changes.
///
/// Data and size travel to the device on their own and in any order, in sectors of 512 bytes or in pages; a sector may be half old
/// and half new. What a file was lengthened by and did not get may hold bytes of a file that was there before.
struct PowerLoss {
    let content: SimulatedContent
    /// Bytes of a removed file, which may show where written ones were lost.
    let stale: [UInt8]

    func image(_ random: inout SeededRandom) -> [UInt8] {
        guard !content.unsynced.isEmpty else { return content.durable }
        switch random.below(8) {
        case 0: return content.durable
        case 1: return content.visible
        case 2: return prefix(&random)
        case 3: return scattered(&random, kept: 0)
        default: return scattered(&random, kept: [0.25, 0.5, 0.75, 0.95][random.below(4)])
        }
    }

    /// The changes up to some moment, the last of them in part.
    private func prefix(_ random: inout SeededRandom) -> [UInt8] {
        var file = content.durable
        let last = random.below(content.unsynced.count)
        for change in content.unsynced[...last] {
            switch change {
            case .write(let bytes, let position):
                bytes.withUnsafeBytes { SimulatedContent.copy($0, to: &file, at: position) }
            case .truncate(let size): SimulatedContent.resize(&file, to: size)
            }
        }
        if case .write(let bytes, let position) = content.unsynced[last] {
            // A write that only lengthened the file tears by ending early.
            let torn = position + random.below(bytes.count + 1)
            if position + bytes.count == file.count, position >= content.durable.count {
                SimulatedContent.resize(&file, to: max(torn, content.durable.count))
            }
        }
        return file
    }

    /// Each sector of each change for itself, kept with a probability of `kept`.
    private func scattered(_ random: inout SeededRandom, kept: Double) -> [UInt8] {
        let grain = random.coin() ? 512 : 4096
        let showsStale = random.coin()
        let known = content.durable.count
        var file = content.durable
        for change in content.unsynced {
            switch change {
            case .truncate(let size):
                if size < file.count, random.coin() { SimulatedContent.resize(&file, to: size) }
            case .write(let bytes, let position):
                bytes.withUnsafeBytes { bytes in
                    for piece in pieces(of: position..<position + bytes.count, grain: grain) {
                        let half = (piece.lowerBound + piece.upperBound) / 2
                        let part: Range<Int>? =
                            if random.happens(kept) {
                                switch random.below(16) {
                                case 0: piece.lowerBound..<half
                                case 1: half..<piece.upperBound
                                default: piece
                                }
                            } else { nil }
                        if piece.lowerBound >= known { lengthen(&file, over: piece, showsStale: showsStale) }
                        guard let part else { continue }
                        let from = UnsafeRawBufferPointer(
                            rebasing: bytes[part.lowerBound - position..<part.upperBound - position])
                        SimulatedContent.copy(from, to: &file, at: part.lowerBound)
                    }
                }
            }
        }
        if file.count > known, random.below(4) == 0 {
            SimulatedContent.resize(&file, to: known + random.below(file.count - known + 1))
        }
        return file
    }

    // The size may reach the device before the bytes.
    private func lengthen(_ file: inout [UInt8], over piece: Range<Int>, showsStale: Bool) {
        guard piece.lowerBound >= file.count else { return }
        let old = piece.clamped(to: 0..<stale.count)
        if showsStale, !old.isEmpty {
            stale.withUnsafeBytes {
                SimulatedContent.copy(UnsafeRawBufferPointer(rebasing: $0[old]), to: &file, at: old.lowerBound)
            }
        }
        SimulatedContent.resize(&file, to: max(file.count, piece.upperBound))
    }

    private func pieces(of range: Range<Int>, grain: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min((start / grain + 1) * grain, range.upperBound)
            pieces.append(start..<end)
            start = end
        }
        return pieces
    }
}
