import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

/// A value that is neither plain, nor an event, nor codable.
private struct Nested: Sendable, Hashable, Comparable {
    var names: [String]
    static func < (a: Nested, b: Nested) -> Bool { a.names.lexicographicallyPrecedes(b.names) }
}

private struct Labelled: Codable, Sendable, Hashable {
    var label: String
    var score: Double
}

@Suite("States in checkpoints")
struct StateCodingTests {
    private func bytes<Value>(_ value: Value) throws -> [UInt8] {
        let coding = try #require(valueCoding(of: Value.self), "\(Value.self)")
        var encoder = StateEncoder()
        try coding.put(value, &encoder)
        return encoder.bytes
    }

    private func copy<Value>(_ value: Value) throws -> Value {
        let coding = try #require(valueCoding(of: Value.self))
        var decoder = StateDecoder(StateChunk(group: nil, bytes: try bytes(value)))
        let copy: Value = try coding.value(&decoder)
        let isAtEnd = decoder.isAtEnd
        #expect(isAtEnd)
        return copy
    }

    @Test("values of plain, event and codable types come back, in arrays, sets, dictionaries and options")
    func values() throws {
        #expect(try copy(Sample(key: 1, number: -2, float: .infinity)) == Sample(key: 1, number: -2, float: .infinity))
        #expect(try copy([Note("a"), Note("")]) == [Note("a"), Note("")])
        #expect(try copy(["ä", "", "x"]) == ["ä", "", "x"])
        #expect(try copy(Labelled(label: "l", score: 0.1)) == Labelled(label: "l", score: 0.1))
        #expect(try copy(["a": [1, 2], "b": []]) == ["a": [1, 2], "b": []])
        #expect(try copy(Set([3, 1, 2].map { Labelled(label: "\($0)", score: 0) })).count == 3)
        #expect(try copy(String?.none) == nil)
        #expect(try copy([String?.some("x"), nil]) == ["x", nil])
    }

    private struct Padded: BitwiseCopyable, Sendable {
        var small: UInt8
        var large: Int64
        var pair: (UInt16, Double)
        var last: Bool
    }

    @Test("equal plain values give equal bytes, whatever lies between their parts")
    func padding() throws {
        let coding = try #require(valueCoding(of: Padded.self))
        let value = Padded(small: 1, large: -2, pair: (3, 0.5), last: true)
        var written: Set<[UInt8]> = []
        for filling in [UInt8(0), 0x55, 0xff] {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<Padded>.stride, alignment: 16)
            defer { memory.deallocate() }
            memory.initializeMemory(as: UInt8.self, repeating: filling, count: MemoryLayout<Padded>.stride)
            // Part by part, so that what lies between them stays.
            memory.storeBytes(of: value.small, toByteOffset: 0, as: UInt8.self)
            memory.storeBytes(of: value.large, toByteOffset: 8, as: Int64.self)
            memory.storeBytes(of: value.pair.0, toByteOffset: 16, as: UInt16.self)
            memory.storeBytes(of: value.pair.1, toByteOffset: 24, as: Double.self)
            memory.storeBytes(of: value.last, toByteOffset: 32, as: Bool.self)
            var encoder = StateEncoder()
            try coding.write(memory, &encoder)
            written.insert(encoder.bytes)
        }
        #expect(written.count == 1)
        let copied = try copy(value)
        #expect(copied.small == 1 && copied.large == -2 && copied.pair == (3, 0.5) && copied.last)
        #expect(paddingBytes(of: Padded.self) == [1..<8, 18..<24])
        #expect(paddingBytes(of: Sample.self).isEmpty && paddingBytes(of: (Int32, Float).self).isEmpty)
    }

    @Test("equal sets and dictionaries give equal bytes, however they were filled")
    func order() throws {
        var random = SeededGenerator(seed: 5)
        let numbers = (0..<500).map { "\($0)" }
        let expected = try bytes(Set(numbers))
        for _ in 0..<5 {
            var set = Set<String>()
            var dictionary: [String: Int] = [:]
            for number in numbers.shuffled(using: &random) {
                set.insert(number)
                dictionary[number] = number.count
            }
            #expect(try bytes(set) == expected)
            #expect(try bytes(dictionary) == bytes(Dictionary(uniqueKeysWithValues: numbers.map { ($0, $0.count) })))
        }
    }

    @Test("what has no coding inside has none itself")
    func none() {
        #expect(valueCoding(of: Nested.self) == nil)
        #expect(valueCoding(of: [Nested].self) == nil)
        #expect(valueCoding(of: Set<Nested>.self) == nil)
        #expect(valueCoding(of: [String: Nested].self) == nil)
        #expect(valueCoding(of: TopEvents<Nested, Double>.State.self) == nil)
        #expect(valueCoding(of: ExtremeEvents<Sample, Nested>.State.self) == nil)
    }

    /// Adds samples to an aggregate, half of them before its state is written and read; the result must not show it.
    private func check<A: Aggregator>(_ aggregator: A, _ values: [A.Value]) throws where A.Result: Equatable {
        let window = WindowSpan(0, 1_000)
        var (whole, broken) = (aggregator.makeState(), aggregator.makeState())
        for (k, value) in values.enumerated() {
            let place = EventPlace(
                nanoseconds: Int64(k * 7 % 50), effectiveNanoseconds: Int64(k * 7 % 50),
                origin: Origin(stage: 0, partition: UInt32(k % 2)), sequence: UInt64(k))
            try aggregator.add(value, at: place, to: &whole)
            try aggregator.add(value, at: place, to: &broken)
            broken = try copy(broken)
        }
        #expect(try aggregator.result(of: broken, in: window) == aggregator.result(of: whole, in: window))
        #expect(try bytes(broken) == bytes(whole))
    }

    @Test("the states of the library's aggregates come back, with plain, event and codable values")
    func library() throws {
        var random = SeededGenerator(seed: 9)
        let samples = (0..<60).map { k in
            Sample(key: Int64(k % 7), number: Int64.random(in: -9...9, using: &random), float: Double(k % 13) - 6)
        }
        let notes = samples.map { Note("note \($0.number)") }
        let labelled = samples.map { Labelled(label: "l\($0.key)", score: $0.float) }
        try check(TopEvents<Sample, Double>(5) { $0.float }, samples)
        try check(TopEvents<Note, String>(5) { $0.text }, notes)
        try check(TopEvents<Labelled, Double>(3) { $0.score }, labelled)
        for allTies in [true, false] {
            try check(ExtremeEvents<Sample, Int64>({ $0.number }, smallest: allTies, allTies: allTies), samples)
            try check(ExtremeEvents<Note, String>({ $0.text }, smallest: false, allTies: allTies), notes)
        }
        try check(DistinctValues<Sample, Int64> { $0.key }, samples)
        try check(DistinctValues<Note, String> { $0.text }, notes)
        try check(EdgeEvent<Labelled>(isLast: true), labelled.dropLast(0))
        try check(WindowEvents<Note, [Note]> { $1 }, notes)
        try check(QuantilesOfNumber<Sample>([0, 0.25, 0.5, 0.99, 1], relativeError: 0.01) { $0.float }, samples)
    }

    /// Keeps values that cannot be written.
    private struct Naming: Aggregator {
        func makeState() -> [Nested] { [] }
        func add(_ sample: Sample, at place: EventPlace, to state: inout [Nested]) {}
        func merge(_ later: [Nested], into state: inout [Nested]) {}
        func result(of state: [Nested], in window: WindowSpan) -> Int { state.count }
    }

    @Test("a state that cannot be written ends the run before its first event and names stage and type")
    func notWritable() async throws {
        let aggregate = Aggregate(
            AggregateKernel(Naming(), name: "naming"), row: ValueType(Int.self), isKeyed: false
        ) { rows, target in
            for k in 0..<rows.count {
                (target.assumingMemoryBound(to: Int.self) + k).initialize(to: rows.value(k, as: Int.self))
            }
        }
        let collector = DurableCollector(Int.self)
        let flow = FlowDescription(
            name: "f",
            stages: [
                BrokenRuns.source(1), .aggregate(.time(TimeWindows(size: 20, every: 20)), aggregate).named("names"),
                .to(collector),
            ])
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let run = PipelineRun(
            try PhysicalPlan([flow]), options: RunOptions(checkpoints: CheckpointOptions(name: "t")), log: log)
        let error = await #expect(throws: EngineError.self) { try await run.run() }
        #expect(error?.summary == "stage f/names: states of type Array<Nested> cannot be written into a checkpoint")
        #expect(
            error?.hint
                == "make Array<Nested> an Event, a struct of plain numbers, or Codable; or run without checkpoints")
        #expect(collector.values.isEmpty)
    }
}
