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

    /// Adds what `write` puts into the encoder. A chunk without bytes is left out.
    mutating func chunk<Failure: Error>(
        group: UInt16? = nil, _ write: (inout StateEncoder) throws(Failure) -> Void
    ) throws(Failure) {
        var encoder = StateEncoder()
        try write(&encoder)
        if !encoder.bytes.isEmpty { chunks.append(StateChunk(group: group, bytes: encoder.bytes)) }
    }
}

/// Writes numbers and bytes one behind the other, little-endian.
@usableFromInline struct StateEncoder {
    private(set) var bytes: [UInt8] = []

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
}

/// Reads what a `StateEncoder` wrote, in the same order.
@usableFromInline struct StateDecoder: ~Copyable {
    private let bytes: [UInt8]
    private var position = 0

    init(_ chunk: StateChunk) { bytes = chunk.bytes }

    /// Whether everything has been read.
    var isAtEnd: Bool { position == bytes.count }

    /// The next integer.
    mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type = Number.self) throws(StateDamaged) -> Number {
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
        let count: UInt64 = try integer()
        guard count <= UInt64(bytes.count - position) else { throw StateDamaged() }
        defer { position += Int(count) }
        return bytes[position..<position + Int(count)]
    }
}

/// The state in a checkpoint does not have the form that its operator gives it.
struct StateDamaged: Error, CustomStringConvertible {
    var description: String { "the state in the checkpoint does not have the form that this stage gives it" }
}
