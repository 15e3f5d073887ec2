internal import PenstockEvents

/// An entry of a state and the instant at which it is gone.
struct Kept<Value> {
    var value: Value
    var end: Int64
}

/// How entries are written, with their ends. The coding of a type is looked for once.
struct KeptCoding<Value> {
    private let coding = valueCoding(of: Value.self)

    var unwritableType: String? { coding == nil ? "\(Value.self)" : nil }

    func put(_ kept: Kept<Value>, _ encoder: inout StateEncoder) throws {
        encoder.put(kept.end)
        try found.put(kept.value, &encoder)
    }

    func kept(_ decoder: inout StateDecoder) throws -> Kept<Value> {
        let end: Int64 = try decoder.integer()
        return Kept(value: try found.value(&decoder), end: end)
    }

    private var found: any ValueCoding {
        get throws {
            guard let coding else { throw StateNotWritable(.states, "\(Value.self)") }
            return coding
        }
    }
}

extension StateEncoder {
    /// Appends a value by the coding of its type.
    /// - Throws: `StateNotWritable` where the type has none, or what the coding throws.
    mutating func put<Value>(value: Value) throws {
        guard let coding = valueCoding(of: Value.self) else { throw StateNotWritable(.states, "\(Value.self)") }
        try withUnsafePointer(to: value) { try coding.write($0, &self) }
    }
}

extension StateDecoder {
    /// The next value that was written by the coding of its type.
    mutating func value<Value>(_ type: Value.Type = Value.self) throws -> Value {
        guard let coding = valueCoding(of: type) else { throw StateNotWritable(.states, "\(type)") }
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        defer { memory.deallocate() }
        try coding.read(&self, memory)
        return memory.move()
    }
}
