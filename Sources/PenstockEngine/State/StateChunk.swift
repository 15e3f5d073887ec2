internal import PenstockEvents

/// A piece of an operator's state in a checkpoint: that of a key group, or what belongs to no key.
struct StateChunk: Sendable, Hashable {
    /// The key group, below 128; nil for state that is not kept by key.
    let group: UInt16?
    /// The state in the operator's own form.
    let bytes: [UInt8]
}

/// Takes the state of an operator, chunk by chunk.
struct StateWriter {
    private(set) var chunks: [StateChunk] = []

    /// Adds a chunk, unless it has no bytes.
    mutating func chunk(_ chunk: StateChunk) {
        if !chunk.bytes.isEmpty { chunks.append(chunk) }
    }

    /// Adds what `write` puts into the encoder, for about `byteCount` bytes. A chunk without bytes is left out.
    mutating func chunk<Failure: Error>(
        group: UInt16? = nil, byteCount: Int = 0, _ write: (inout StateEncoder) throws(Failure) -> Void
    ) throws(Failure) {
        var encoder = StateEncoder(byteCount: byteCount)
        try write(&encoder)
        if !encoder.bytes.isEmpty { chunks.append(StateChunk(group: group, bytes: encoder.bytes)) }
    }
}

/// Writes numbers and bytes one behind the other, little-endian.
@usableFromInline struct StateEncoder {
    private(set) var bytes: [UInt8] = []

    /// An encoder with room for `byteCount` bytes; it takes any number.
    init(byteCount: Int = 0) { bytes.reserveCapacity(byteCount) }

    /// Appends an integer with all of its bytes.
    mutating func put(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a truth value as a byte.
    mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Appends a floating-point number, bit for bit.
    mutating func put(_ number: Double) { put(number.bitPattern) }

    /// Appends the bytes of a plain value, as they lie in memory.
    mutating func put(raw value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes with their number in front.
    mutating func put(_ data: some Collection<UInt8>) {
        put(UInt64(data.count))
        bytes.append(contentsOf: data)
    }

    /// Appends memory with the number of its bytes in front.
    mutating func put(_ memory: UnsafeRawBufferPointer) {
        put(UInt64(memory.count))
        bytes.append(contentsOf: memory)
    }

    /// Appends so many bytes, all of which `fill` puts: for what is written in a loop.
    mutating func put(byteCount: Int, _ fill: (inout StateFiller) -> Void) {
        bytes += [UInt8](unsafeUninitializedCapacity: byteCount) { memory, initialized in
            var filler = StateFiller(UnsafeMutableRawBufferPointer(memory))
            fill(&filler)
            precondition(filler.isFull, "a state has another size than was said")
            initialized = byteCount
        }
    }

    /// Appends memory whose size the reader knows.
    mutating func put(block memory: UnsafeRawBufferPointer) { bytes.append(contentsOf: memory) }

    /// Appends numbers with how many they are in front.
    mutating func put<Number: BitwiseCopyable>(all numbers: [Number]) {
        put(UInt64(numbers.count))
        // What takes no memory has no bytes.
        if MemoryLayout<Number>.size > 0 { numbers.withUnsafeBytes { put(block: $0) } }
    }
}

/// Puts numbers and bytes into memory whose size was worked out before. Ownership: the memory is that of an encoder, which lends it.
struct StateFiller {
    private var target: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer

    fileprivate init(_ memory: UnsafeMutableRawBufferPointer) {
        // An array without bytes has an address, too.
        target = memory.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 1)!
        end = target + memory.count
    }

    fileprivate var isFull: Bool { target == end }

    /// Puts a plain value, as it lies in memory.
    @inline(__always) mutating func put<Value: BitwiseCopyable>(raw value: Value) {
        target.storeBytes(of: value, as: Value.self)
        target += MemoryLayout<Value>.size
    }

    /// Puts bytes.
    @inline(__always) mutating func put(_ source: UnsafeRawPointer, byteCount: Int) {
        target.copyMemory(from: source, byteCount: byteCount)
        target += byteCount
    }
}

/// Reads what a `StateEncoder` wrote, in the same order.
@usableFromInline struct StateDecoder: ~Copyable {
    private let bytes: [UInt8]
    private var position = 0

    init(_ chunk: StateChunk) { bytes = chunk.bytes }

    /// Whether everything has been read.
    var isAtEnd: Bool { position == bytes.count }

    /// The next integer.
    mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type = Number.self)
        throws(StateDamaged) -> Number
    {
        Number(littleEndian: try raw(type))
    }

    /// The next truth value.
    mutating func bool() throws(StateDamaged) -> Bool { try integer(UInt8.self) != 0 }

    /// The next floating-point number.
    mutating func double() throws(StateDamaged) -> Double { Double(bitPattern: try integer()) }

    /// The next plain value, from its bytes as they lie in memory.
    mutating func raw<Value: BitwiseCopyable>(_ type: Value.Type = Value.self) throws(StateDamaged) -> Value {
        let size = MemoryLayout<Value>.size
        guard position + size <= bytes.count else { throw StateDamaged() }
        defer { position += size }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: type) }
    }

    /// The next bytes that were written with their number.
    mutating func data() throws(StateDamaged) -> ArraySlice<UInt8> {
        try block(Int(clamping: try integer(UInt64.self)))
    }

    /// The next bytes, as many as there are said to be.
    mutating func block(_ count: Int) throws(StateDamaged) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw StateDamaged() }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The number of things that come next, each of which takes at least one byte.
    mutating func count() throws(StateDamaged) -> Int {
        let count = Int(clamping: try integer(UInt64.self))
        guard count <= bytes.count - position else { throw StateDamaged() }
        return count
    }

    /// The next numbers that were written with how many they are.
    mutating func all<Number: BitwiseCopyable>(_ type: Number.Type = Number.self) throws(StateDamaged) -> [Number] {
        let count = Int(clamping: try integer(UInt64.self))
        let size = MemoryLayout<Number>.size > 0 ? MemoryLayout<Number>.stride : 0
        guard size == 0 || count <= (bytes.count - position) / size else { throw StateDamaged() }
        let block = try block(count * size)
        // Making an array of nothing writes to the one empty array, which all threads have.
        guard count > 0 else { return [] }
        return block.withUnsafeBytes { memory in
            [Number](unsafeUninitializedCapacity: count) { numbers, initialized in
                UnsafeMutableRawBufferPointer(numbers).copyMemory(from: memory)
                initialized = count
            }
        }
    }
}

/// The state in a checkpoint does not have the form that its operator gives it.
struct StateDamaged: Error, CustomStringConvertible {
    var description: String { "the state in the checkpoint does not have the form that this stage gives it" }
}
