import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("State by key group")
struct GroupedEntriesTests {
    private func entries(_ codes: [UInt64], width: Int, displaced: [UInt64: UInt64] = [:]) -> [[UInt64]] {
        let grouped = GroupedEntries(width: width, capacity: codes.count, displaced: displaced) { target in
            for (k, code) in codes.enumerated() {
                for word in 0..<width { target[k * width + word] = word == 0 ? code : code &* 31 &+ UInt64(word) }
            }
            return codes.count
        }
        #expect(grouped.count == codes.count)
        return (0..<GroupedEntries.groupCount).map { group in grouped.withEntries(of: group) { Array($0) } }
    }

    private func expected(_ codes: [UInt64], width: Int, displaced: [UInt64: UInt64] = [:]) -> [[UInt64]] {
        (0..<UInt64(GroupedEntries.groupCount)).map { group in
            codes.filter { KeyRouter.group(of: displaced[$0] ?? $0) == group }.sorted()
                .flatMap { code in (0..<width).map { $0 == 0 ? code : code &* 31 &+ UInt64($0) } }
        }
    }

    @Test("entries come by group and code, however they are spread", arguments: [1, 2, 3, 5])
    func sorted(width: Int) {
        for seed in UInt64(0)..<60 {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 0...3_000, using: &random)
            // Codes that are hashes, codes that are nearly all in one group, and codes that share their upper bits.
            let mask: UInt64 = [.max, .max >> 6, 0xFFF][Int(seed % 3)]
            let codes = Array(Set((0..<count).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) & mask }))
            #expect(entries(codes, width: width) == expected(codes, width: width), "seed \(seed)")
            let displaced = Dictionary(
                uniqueKeysWithValues: codes.prefix(5).map { ($0, UInt64.random(in: 0...UInt64.max, using: &random)) })
            #expect(
                entries(codes, width: width, displaced: displaced)
                    == expected(codes, width: width, displaced: displaced), "seed \(seed)")
        }
    }

    @Test("the order in which keys came does not show in the bytes of a table")
    func tables() {
        var random = SeededGenerator(seed: 3)
        let codes = (1...2_000).map { SplitMix64.mix($0) } + [.max, 0]
        var chunks: Set<[[UInt64]]> = []
        for _ in 0..<4 {
            var table = PaneTable<FloatMean>()
            for code in codes.shuffled(using: &random) { table.add(code, Double(code % 11)) }
            let grouped = table.grouped([:])
            chunks.insert((0..<GroupedEntries.groupCount).map { grouped.withEntries(of: $0) { Array($0) } })
            var copy = PaneTable<FloatMean>()
            for group in 0..<GroupedEntries.groupCount {
                grouped.withEntries(of: group) { copy.insert(UnsafeRawBufferPointer($0), [:]) }
            }
            let count = copy.count
            #expect(count == codes.count)
            var areRight = true
            copy.forEach { code, mean in areRight = areRight && mean.sum == Double(code % 11) && mean.count == 1 }
            #expect(areRight)
        }
        #expect(chunks.count == 1)
    }
}
