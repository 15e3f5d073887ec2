import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Columns")
struct ColumnTests {
    @Test("a builder keeps values and times while it grows")
    func growth() {
        let lives = Tally()
        do {
            var builder = ColumnBuilder<Counted>(capacity: 1)
            for number in 0..<1000 { builder.append(Counted(number, lives), time: Int64(-number)) }
            #expect(builder.count == 1000)
            let (values, times, count) = builder.take(capacity: 2)
            #expect(count == 1000 && builder.count == 0)
            for row in 0..<1000 {
                #expect(values.base.assumingMemoryBound(to: Counted.self)[row].number == row)
                #expect(times.values[row] == Int64(-row))
            }
            builder.append(Counted(7, lives), time: 0)
            #expect(lives.value == 1001)
        }
        #expect(lives.value == 0)
    }

    @Test("a builder that is thrown away lets go of its values")
    func abandonedBuilder() {
        let lives = Tally()
        do {
            var builder = ColumnBuilder<Counted>(capacity: 0)
            for number in 0..<3 { builder.append(Counted(number, lives), time: 0) }
            #expect(lives.value == 3)
        }
        #expect(lives.value == 0)
    }

    @Test("a column ends the life of its values: none, the first ones, or those of a selection")
    func valueColumns() {
        let lives = Tally()
        for live in [nil, [0, 3], []] as [[UInt32]?] {
            do {
                let column = ValueColumn(ValueType(Counted.self), capacity: 4)
                let rows = live ?? [0, 1]
                for row in rows {
                    (column.base.assumingMemoryBound(to: Counted.self) + Int(row)).initialize(
                        to: Counted(Int(row), lives))
                }
                #expect(lives.value == rows.count)
                column.setInitialized(count: live == nil ? 2 : 4, live: live.map(Selection.init(rows:)))
            }
            #expect(lives.value == 0)
        }
        _ = ValueColumn(ValueType(Counted.self), capacity: 4)
        #expect(lives.value == 0, "a column that was never filled")
    }

    @Test("a value type knows layout and name, and copies values by their own copying")
    func valueTypes() {
        #expect(ValueType(Int64.self).destroy == nil)
        #expect(ValueType(String.self).destroy != nil)
        #expect(ValueType(Sample.self).stride == MemoryLayout<Sample>.stride)
        #expect(ValueType(Sample.self).name == "Sample")
        let lives = Tally()
        do {
            let source = ValueColumn(ValueType(Counted.self), capacity: 1)
            source.base.assumingMemoryBound(to: Counted.self).initialize(to: Counted(1, lives))
            source.setInitialized(count: 1)
            let target = ValueColumn(ValueType(Counted.self), capacity: 1)
            target.element.copy(source.base, target.base)
            target.setInitialized(count: 1)
            #expect(lives.value == 1)
        }
        #expect(lives.value == 0)
    }

    @Test("a key arena gives back the bytes of each row, also where rows are left out")
    func arena() {
        var arena = KeyArena(rowCount: 6)
        let keys = [1: "", 2: "a", 5: "long enough to be on the heap"]
        for row in keys.keys.sorted() { #expect(arena.append(keys[row] ?? "", row: row) == hash(keys[row] ?? "")) }
        for (row, key) in keys {
            #expect(arena.withKey(row) { String(decoding: $0, as: UTF8.self) } == key)
        }
    }

    private func hash(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { XXHash64.hash($0) } }
}

extension Selection {
    /// These rows.
    init(rows: [UInt32]) {
        let column = Column<UInt32>(capacity: rows.count)
        for (k, row) in rows.enumerated() { column.values[k] = row }
        self.init(column, count: rows.count)
    }
}
