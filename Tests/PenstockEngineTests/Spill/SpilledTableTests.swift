import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("States on disk")
struct SpilledTableTests {
    private static let list = ListState("list", of: Int64.self)
    private static let name = ValueState("name", of: String.self)

    /// Tables of both states, and the folder that they spill to.
    private static func tables(_ memoryLimit: Int, _ folder: MemorySpillFolder, segmentBytes: Int = 4096) -> StateTables
    {
        StateTables(
            [list.definition, name.definition],
            spilled: SpilledStates(
                memoryLimit: memoryLimit,
                store: SpillStore(stage: testStage, folder, segmentBytes: segmentBytes)))
    }

    private static func state(_ tables: StateTables, _ slot: Int) throws -> KeyedState {
        KeyedState(tables: tables, slot: try tables.open(slot), clock: 0)
    }

    private static func onDisk(_ tables: StateTables, _ slots: Range<Int>) throws -> [Int] {
        try tables.spilledStates(of: Array(slots)).keys.sorted()
    }

    @Test("the keys that have not been used for longest go to disk, and come back when they are used")
    func order() throws {
        let tables = Self.tables(3 * 8, MemorySpillFolder())
        for slot in [0, 1, 2, 0, 3, 4] {
            let state = try Self.state(tables, slot)
            if state[Self.list].isEmpty { state.append(Int64(slot * 10), to: Self.list) }
            try tables.settle(slot)
        }
        #expect(try Self.onDisk(tables, 0..<5) == [1, 2])
        #expect(try Self.state(tables, 1)[Self.list] == [10])
        try tables.settle(1)
        #expect(try Self.onDisk(tables, 0..<5) == [0, 2])
        #expect(tables.byteCount == 24)
        #expect(tables.wholeByteCount == 40)
    }

    @Test("events count with their payloads, and come back with them")
    func payloads() throws {
        let frames = ListState("frames", of: Frame.self)
        let folder = MemorySpillFolder()
        let tables = StateTables(
            [frames.definition],
            spilled: SpilledStates(
                memoryLimit: 10_000, store: SpillStore(stage: testStage, folder, segmentBytes: 10_000)))
        func image(_ slot: Int) -> Payload {
            Array(repeating: UInt8(slot), count: 4_000).withUnsafeBytes { Payload(copying: $0) }
        }
        for slot in 0..<20 {
            try Self.state(tables, slot).append(Frame(number: Int64(slot), image: image(slot)), to: frames)
            try tables.settle(slot)
        }
        #expect(tables.byteCount > 8_000 && tables.byteCount <= 10_000)
        #expect(tables.spilledByteCount > 18 * 4_000)
        for slot in 0..<20 {
            let kept = try Self.state(tables, slot)[frames]
            #expect(kept.map(\.number) == [Int64(slot)])
            #expect(
                kept.map { $0.image.withUnsafeBytes { Array($0) } } == [Array(repeating: UInt8(slot), count: 4_000)])
            try tables.settle(slot)
        }
    }

    @Test("the state of one key stays in memory, however large it is")
    func single() throws {
        let folder = MemorySpillFolder()
        let tables = Self.tables(16, folder)
        let state = try Self.state(tables, 0)
        for number in Int64(0)..<100 { state.append(number, to: Self.list) }
        try tables.settle(0)
        #expect(folder.files == 0)
        #expect(tables.byteCount == 800)
    }

    @Test("states are what they were after any writing, reading and forgetting", arguments: 0..<6 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let folder = MemorySpillFolder()
        let tables = Self.tables(2_000, folder, segmentBytes: [500, 4_096, 300_000][Int(seed % 3)])
        var model: [Int: (list: [Int64], name: String?)] = [:]
        var most = 0
        for step in Int64(0)..<20_000 {
            let slot = Int.random(in: 0..<150, using: &random)
            let state = try Self.state(tables, slot)
            #expect(state[Self.list] == model[slot]?.list ?? [], "seed \(seed), step \(step), key \(slot)")
            #expect(state[Self.name] == model[slot]?.name, "seed \(seed), step \(step), key \(slot)")
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                (state[Self.list], state[Self.name]) = ([], nil)
                model[slot] = nil
                #expect(tables.isEmpty(slot))
                tables.forget(slot)
            case 1...3:
                state[Self.name] = String(repeating: "x", count: Int.random(in: 0..<60, using: &random))
                model[slot, default: ([], nil)].name = state[Self.name]
            case 4...7:
                state.append(step, to: Self.list)
                model[slot, default: ([], nil)].list.append(step)
            default: break
            }
            try tables.settle(slot)
            #expect(tables.byteCount <= 2_000)
            most = max(most, folder.files)
        }
        // Every file but the last one is at least half alive.
        let segment = [500, 4_096, 300_000][Int(seed % 3)]
        #expect(tables.spilledFileBytes <= 2 * tables.spilledByteCount + segment + 2_000, "seed \(seed)")
        #expect(tables.spilledByteCount > 2_000)
        #expect(most < 2 * tables.spilledByteCount / segment + 40)
        let all = try tables.spilledStates(of: Array(0..<150))
        #expect(all.count < model.count && all.count > model.count / 2, "seed \(seed)")
    }

    @Test("what lives is moved together, so that files of which most is dead go")
    func compaction() throws {
        let folder = MemorySpillFolder()
        let tables = Self.tables(100, folder, segmentBytes: 4_096)
        for round in Int64(0)..<200 {
            for slot in 0..<50 {
                try Self.state(tables, slot)[Self.list] = Array(repeating: round, count: 8)
                try tables.settle(slot)
            }
        }
        #expect(folder.written > 500_000)
        #expect(folder.files <= 4)
        for slot in 0..<50 { #expect(try Self.state(tables, slot)[Self.list] == Array(repeating: 199, count: 8)) }
    }

    @Test("a checkpoint reads what is on disk in the order in which it stands there, and leaves it there")
    func readingOrder() throws {
        let folder = MemorySpillFolder()
        let tables = Self.tables(100, folder, segmentBytes: 1 << 20)
        // Enough that some of it is written, in an order that is not that of the keys.
        for slot in (0..<3_000).map({ $0 * 7 % 3_000 }) {
            try Self.state(tables, slot)[Self.list] = Array(repeating: Int64(slot), count: 12)
            try tables.settle(slot)
        }
        #expect(folder.reads.isEmpty)
        let before = tables.byteCount
        let states = try tables.spilledStates(of: Array(0..<3_000))
        #expect(folder.reads == folder.reads.sorted() && folder.reads.count > 1_000)
        #expect(states.count > 2_990)
        #expect(tables.byteCount == before)
    }

    private static func spillAndRead(_ faults: MemorySpillFolder.Faults) throws {
        let folder = MemorySpillFolder()
        let tables = tables(100, folder, segmentBytes: 1_000)
        for slot in 0..<100 {
            try state(tables, slot)[list] = Array(repeating: Int64(slot), count: 8)
            try tables.settle(slot)
        }
        folder.setFaults(faults)
        for slot in 0..<100 { #expect(try state(tables, slot)[list] == Array(repeating: Int64(slot), count: 8)) }
    }

    @Test("a short read, a wrong bit and a record from elsewhere are errors, never other states")
    func damage() throws {
        // Each record takes 213 bytes: what stands so much further is whole.
        for faults in [
            MemorySpillFolder.Faults(readsShort: true), .init(flipsBit: true), .init(readsElsewhere: 213),
        ] {
            let error = try #require(throws: SpillFailed.self) { try Self.spillAndRead(faults) }
            guard case .damaged = error.cause else {
                Issue.record("\(error.cause)")
                continue
            }
            #expect(error.summary.hasPrefix("stage test/stage: "))
            #expect(error.summary.hasSuffix("in /spill are not what was written"))
            #expect(error.category == .inputOutput)
        }
        try Self.spillAndRead(MemorySpillFolder.Faults())
    }
}

private struct Frame: Event {
    var number: Int64
    var image: Payload

    static let schema = Schema("Frame", fields: [.init("number", .i64)], payload: .init("image", .bytes))

    init(number: Int64, image: Payload) {
        self.number = number
        self.image = image
    }

    func write(to record: inout RecordWriter) {
        record.append(number)
        record.setPayload(image)
    }

    init(reading record: inout RecordReader) throws(RecordError) {
        number = try record.readInteger()
        image = record.payload
    }
}
