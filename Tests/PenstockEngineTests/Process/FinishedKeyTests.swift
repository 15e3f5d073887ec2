import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Keys that are done with")
struct FinishedKeyTests {
    private func slot(_ key: Int64, _ keys: KeyTable) -> Int {
        keys.slot(hash: SplitMix64.mix(key.canonicalInteger), UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private func slot(_ key: String, _ keys: KeyTable) -> Int {
        Array(key.utf8).withUnsafeBytes { keys.slot(hash: XXHash64.hash($0), $0) }
    }

    private func restored(_ finished: FinishedKeys) throws -> FinishedKeys {
        var state = StateWriter()
        finished.snapshot(into: &state, byKeyGroup: true)
        var again = FinishedKeys()
        for chunk in state.chunks {
            var decoder = StateDecoder(chunk)
            let kind = try StateKind(&decoder)
            #expect(kind == .finished)
            try again.restore(&decoder)
            let isAtEnd = decoder.isAtEnd
            #expect(isAtEnd)
        }
        return again
    }

    @Test("they are those that were put in, and no others, also behind a checkpoint", arguments: 0..<40)
    func exact(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let keys = KeyTable()
        var (finished, known) = (FinishedKeys(), Set<Int64>())
        for _ in 0..<2000 {
            let key =
                random.once(in: 9)
                ? Int64.random(in: .min ... .max, using: &random)
                : Int64.random(in: -700..<700, using: &random)
            finished.insert(slot(key, keys), keys)
            known.insert(key)
        }
        let again = try restored(finished)
        for key in Array(known) + Array(-1000..<1000) {
            #expect(finished.contains(slot(key, keys), keys) == known.contains(key), "seed \(seed), key \(key)")
            #expect(again.contains(slot(key, keys), keys) == known.contains(key), "seed \(seed), key \(key)")
        }
        #expect(again.count == finished.count)
    }

    @Test("keys that follow each other come to one range a key group, in whatever order they end")
    func compact() {
        let keys = KeyTable()
        var finished = FinishedKeys()
        for key in Int64(0)..<20_000 { finished.insert(slot(key ^ 7, keys), keys) }
        #expect(finished.count == 128)
    }

    @Test("long keys are known by all their bytes")
    func long() throws {
        let keys = KeyTable()
        var finished = FinishedKeys()
        for key in ["scan 1 of the morning", "scan 2 of the morning"] { finished.insert(slot(key, keys), keys) }
        let again = try restored(finished)
        #expect(again.contains(slot("scan 2 of the morning", keys), keys))
        #expect(!again.contains(slot("scan 3 of the morning", keys), keys))
    }
}
