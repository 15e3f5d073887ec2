internal import PenstockEvents

/// A type that says how its values are written into a checkpoint, from how those inside it are.
protocol OwnCoding {
    /// The coding, or nil where something inside has none.
    static var ownCoding: (any ValueCoding)? { get }
}

/// A coding by two functions that know the type.
struct CodingOf<Value>: ValueCoding {
    let write: @Sendable (Value, inout StateEncoder) throws -> Void
    let read: @Sendable (inout StateDecoder) throws -> Value

    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) throws {
        try write(value.assumingMemoryBound(to: Value.self).pointee, &encoder)
    }

    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws {
        target.initializeMemory(as: Value.self, to: try read(&decoder))
    }
}

extension ValueCoding {
    /// Writes a value of the type of this coding.
    func put<Value>(_ value: Value, _ encoder: inout StateEncoder) throws {
        try withUnsafePointer(to: value) { try write(UnsafeRawPointer($0), &encoder) }
    }

    /// The next value, of the type of this coding.
    func value<Value>(_ decoder: inout StateDecoder, _ type: Value.Type = Value.self) throws -> Value {
        try withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { memory in
            let target = memory.baseAddress!
            try read(&decoder, UnsafeMutableRawPointer(target))
            return target.move()
        }
    }

    /// Writes values with how many they are.
    func put(all values: some Collection, _ encoder: inout StateEncoder) throws {
        encoder.put(UInt64(values.count))
        for value in values { try put(value, &encoder) }
    }

    /// The next values that were written with how many they are.
    func values<Value>(_ decoder: inout StateDecoder, _ type: Value.Type = Value.self) throws -> [Value] {
        // Values may take no bytes at all.
        let count = try decoder.integer(UInt64.self)
        var values: [Value] = []
        for _ in 0..<count { values.append(try value(&decoder)) }
        return values
    }
}

extension Array: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let element = valueCoding(of: Element.self) else { return nil }
        return CodingOf<Self> {
            try element.put(all: $0, &$1)
        } read: {
            try element.values(&$0)
        }
    }
}

extension Optional: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let wrapped = valueCoding(of: Wrapped.self) else { return nil }
        return CodingOf<Self> { value, encoder in
            encoder.put(value != nil)
            if let value { try wrapped.put(value, &encoder) }
        } read: { decoder in
            try decoder.bool() ? .some(try wrapped.value(&decoder)) : nil
        }
    }
}

extension Set: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        valueCoding(of: Element.self).map { SetCoding<Element>(element: $0) }
    }
}

private struct SetCoding<Element: Hashable>: ValueCoding {
    let element: any ValueCoding

    func write(_ value: UnsafeRawPointer, _ encoder: inout StateEncoder) throws {
        try encoder.put(sorted: value.assumingMemoryBound(to: Set<Element>.self).pointee) { try element.put($0, &$1) }
    }

    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws {
        let elements: [Element] = try element.values(&decoder)
        target.initializeMemory(as: Set<Element>.self, to: Set(elements))
    }
}

extension Dictionary: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let key = valueCoding(of: Key.self), let value = valueCoding(of: Value.self) else { return nil }
        return DictionaryCoding<Key, Value>(key: key, value: value)
    }
}

private struct DictionaryCoding<Key: Hashable, Value>: ValueCoding {
    let key: any ValueCoding
    let value: any ValueCoding

    func write(_ source: UnsafeRawPointer, _ encoder: inout StateEncoder) throws {
        try encoder.put(sorted: source.assumingMemoryBound(to: [Key: Value].self).pointee) {
            try key.put($0.key, &$1)
            try value.put($0.value, &$1)
        }
    }

    func read(_ decoder: inout StateDecoder, _ target: UnsafeMutableRawPointer) throws {
        var dictionary: [Key: Value] = [:]
        for _ in 0..<(try decoder.integer(UInt64.self)) {
            let name: Key = try key.value(&decoder)
            dictionary[name] = try value.value(&decoder) as Value
        }
        target.initializeMemory(as: [Key: Value].self, to: dictionary)
    }
}

extension String: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        CodingOf<String> {
            $1.put(Array($0.utf8))
        } read: {
            String(decoding: try $0.data(), as: UTF8.self)
        }
    }
}

extension StateEncoder {
    /// Appends what is in no order with how much it is, in the order of the bytes that `write` makes of each.
    fileprivate mutating func put<Elements: Collection>(
        sorted elements: Elements, _ write: (Elements.Element, inout StateEncoder) throws -> Void
    ) throws {
        var parts: [[UInt8]] = []
        for element in elements {
            var part = StateEncoder()
            try write(element, &part)
            parts.append(part.bytes)
        }
        parts.sort { $0.lexicographicallyPrecedes($1) }
        put(UInt64(parts.count))
        for part in parts { part.withUnsafeBytes { put(block: $0) } }
    }
}
