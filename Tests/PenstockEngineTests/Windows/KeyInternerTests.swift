import PenstockEvents
import Testing

@testable import PenstockEngine

/// Keys of one batch with hashes that the test chooses.
private func keyColumn(_ keys: [(hash: UInt64, key: String)]) -> KeyColumn {
    let hashes = Column<UInt64>(capacity: keys.count)
    var arena = KeyArena(rowCount: keys.count)
    for (row, key) in keys.enumerated() {
        hashes.values[row] = key.hash
        Array(key.key.utf8).withUnsafeBytes { arena.append($0, row: row) }
    }
    return KeyColumn(hashes: hashes, arena: arena)
}

@Suite("Key interner")
struct KeyInternerTests {
    private let keys = keyColumn([(5, "one"), (5, "two"), (5, "three"), (9, "four"), (5, "two")])

    @Test("keys with one hash get codes of their own, the same each time")
    func collisions() {
        var interner = KeyInterner()
        let codes = (0..<5).map { interner.code(keys, $0) }
        #expect(Set(codes).count == 4)
        #expect(codes[0] == 5 && codes[3] == 9)
        #expect(codes[1] == codes[4])
        #expect((0..<5).map { interner.code(keys, $0) } == codes)
        #expect(interner.key(codes[2]).map { String(decoding: $0, as: UTF8.self) } == "three")
        #expect(interner.count == 4)
    }

    @Test("forgetting keeps the code of a live key, also where the keys before it are not live")
    func forgetting() {
        var interner = KeyInterner()
        let codes = (0..<4).map { interner.code(keys, $0) }
        interner.keepOnly([codes[2]])
        #expect(interner.code(keys, 2) == codes[2], "a second code would make two rows of one key")
        #expect(interner.count == 3)
        interner.keepOnly([interner.code(keys, 3)])
        #expect(interner.count == 1)
        interner.keepOnly([])
        #expect(interner.count == 0)
        #expect(interner.code(keys, 1) == 5)
    }

    @Test("keys of a fixed width are their own codes and are not remembered")
    func fixedWidth() {
        let hashes = Column<UInt64>(capacity: 1)
        hashes.values[0] = .max
        var interner = KeyInterner()
        #expect(interner.code(KeyColumn(hashes: hashes, arena: nil), 0) == .max)
        #expect(interner.count == 0)
    }

    @Test("keys are ordered by their bytes")
    func order() {
        var interner = KeyInterner()
        let column = keyColumn([(1, "Z"), (2, "a"), (3, "é"), (4, "ab"), (5, "")])
        let codes = (0..<5).map { interner.code(column, $0) }
        let sorted = codes.sorted { interner.precedes($0, $1) }
        // UTF-8: "" < 5A < 61 < 61 62 < C3 A9.
        #expect(sorted == [5, 1, 2, 4, 3])
    }

    @Test("windows with keys of one hash give a row for each key, in the order of their bytes")
    func windows() throws {
        var windows = KeyedTimeWindows<CountAccumulator>(
            stage: testStage, windows: TimeWindows(size: 10, every: 10),
            aggregate: Aggregate(.count, .nothing, keyedByText: true), origin: Origin(stage: 1, partition: 0),
            batchEvents: 2)
        var batch = Batch((0..<5).map { (Int64($0), Sample()) })
        batch.keys = keys
        let rows = try (windows.outputs(.batch(batch)) + windows.outputs(.end)).flatMap {
            $0.batch?.values(Row.self) ?? []
        }
        #expect(rows.map(\.key) == ["four", "one", "three", "two"])
        #expect(rows.map(\.count) == [1, 1, 1, 2])
    }

    @Test("thousands of keys that come and go are forgotten, and rows stay right")
    func manyKeys() throws {
        var windows = KeyedTimeWindows<CountAccumulator>(
            stage: testStage, windows: TimeWindows(size: 100, every: 100),
            aggregate: Aggregate(.count, .nothing, keyedByText: true), origin: Origin(stage: 1, partition: 0),
            batchEvents: 4096)
        var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.name })
        var counts: [String: Int64] = [:]
        for window in Int64(0)..<50 {
            let batch = Batch(
                (0..<100).map { (window * 100 + $0, Sample(key: window * 60 + $0)) }, watermark: window * 100)
            for keyed in try key.outputs(.batch(batch)) {
                for row in try windows.outputs(keyed).flatMap({ $0.batch?.values(Row.self) ?? [] }) {
                    counts[row.key, default: 0] += row.count
                }
            }
        }
        for row in try windows.outputs(.end).flatMap({ $0.batch?.values(Row.self) ?? [] }) {
            counts[row.key, default: 0] += row.count
        }
        #expect(counts.values.reduce(0, +) == 5000)
        #expect(counts.count == 49 * 60 + 100)
        #expect(counts["sensor-number-70"] == 2)
    }
}
