import Testing

@testable import PenstockEngine

/// The definition of stream-semantics.md, section 4: every start `a` with `floorMod(a - offset, every) == 0` and `t - size < a <= t`.
private func definition(_ windows: TimeWindows, of time: Int64) -> [Int64] {
    (time - windows.size + 1...time).filter { isStart($0, windows) }
}

private func isStart(_ a: Int64, _ windows: TimeWindows) -> Bool {
    let distance = a - windows.offset
    return distance - Int64((Double(distance) / Double(windows.every)).rounded(.down)) * windows.every == 0
}

@Suite("Time windows")
struct TimeWindowsTests {
    @Test("slices of tumbling and sliding windows, first and last ends are those of the definition")
    func slices() {
        for seed in UInt64(0)..<400 {
            var random = SeededGenerator(seed: seed)
            let every = Int64.random(in: 1...12, using: &random)
            let windows = TimeWindows(
                size: .random(in: 1...40, using: &random), every: every,
                offset: .random(in: -(every - 1)...(every - 1), using: &random))
            #expect(windows.defect == nil, "seed \(seed)")
            for time in Int64(-60)...60 {
                let starts = definition(windows, of: time)
                guard let slice = windows.slice(containing: time) else {
                    #expect(starts.isEmpty, "seed \(seed), time \(time)")
                    continue
                }
                let isRight =
                    slice.start <= time && time < slice.end
                    && windows.firstEnd(ofSlice: slice.start) == starts.first.map { $0 + windows.size }
                    && windows.lastEnd(ofSlice: slice.start) == starts.last.map { $0 + windows.size }
                    && (slice.start..<slice.end).allSatisfy { definition(windows, of: $0) == starts }
                #expect(isRight, "seed \(seed), time \(time)")
                let watermark = time + .random(in: -50...50, using: &random)
                #expect(
                    windows.closedCount(ofSlice: slice.start, watermark: watermark)
                        == starts.filter { $0 + windows.size - 1 <= watermark }.count, "seed \(seed)")
            }
        }
    }

    @Test("times at the ends of the usable range do not overflow")
    func limits() throws {
        let windows = TimeWindows(size: TimeWindows.longest, every: TimeWindows.longest / 3, offset: 7)
        for time in [-(Int64(1) << 62), 1 << 62] {
            let slice = try #require(windows.slice(containing: time))
            #expect(slice.start <= time && time < slice.end)
            #expect(windows.firstEnd(ofSlice: slice.start) > time)
            #expect(windows.closedCount(ofSlice: slice.start, watermark: .max) >= 3)
        }
    }

    @Test(
        "impossible windows are named",
        arguments: [(0, 1, 0), (1, 0, 0), (-5, 5, 0), (1 << 61, 1, 0), (5, 5, 5), (5, 5, -5)])
    func defects(size: Int64, every: Int64, offset: Int64) {
        #expect(TimeWindows(size: size, every: every, offset: offset).defect != nil)
    }
}
