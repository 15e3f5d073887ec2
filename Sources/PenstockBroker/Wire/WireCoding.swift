/// What goes into a message as bytes: integers little-endian, text and lists with their number in front.
protocol WireValue {
    func write(to message: inout WireWriter)
    init(from message: inout WireReader) throws(WireError)
}

/// A message that is not what it claims to be.
struct WireError: Error, CustomStringConvertible {
    let problem: String

    init(_ problem: String) { self.problem = problem }

    var description: String { problem }
}

/// A message that is being made.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    /// With room for what most messages have, those of appends too.
    init() { bytes.reserveCapacity(192) }

    mutating func put(_ value: some WireValue) { value.write(to: &self) }

    mutating func put(_ data: [UInt8]) {
        put(UInt32(data.count))
        bytes += data
    }

    /// Bytes whose number the reader knows.
    mutating func put(block data: [UInt8]) { bytes += data }

    fileprivate mutating func put(integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// A message that is read from its beginning.
struct WireReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func take<Value: WireValue>(_ type: Value.Type = Value.self) throws(WireError) -> Value {
        try Value(from: &self)
    }

    mutating func takeBytes() throws(WireError) -> [UInt8] {
        let count = Int(try take(UInt32.self))
        return try take(block: count)
    }

    mutating func take(block count: Int) throws(WireError) -> [UInt8] {
        guard count <= bytes.count - position else {
            throw WireError("\(count) bytes are announced, and \(bytes.count - position) are left")
        }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// - Throws: Where something is left over.
    func end() throws(WireError) {
        guard position == bytes.count else { throw WireError("\(bytes.count - position) bytes are too many") }
    }

    fileprivate mutating func integer<Value: FixedWidthInteger>() throws(WireError) -> Value {
        let size = MemoryLayout<Value>.size
        guard size <= bytes.count - position else { throw WireError("it ends too early") }
        defer { position += size }
        return bytes.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self))
        }
    }
}

extension UInt8: WireValue {
    func write(to message: inout WireWriter) { message.put(integer: self) }
    init(from message: inout WireReader) throws(WireError) { self = try message.integer() }
}

extension UInt32: WireValue {
    func write(to message: inout WireWriter) { message.put(integer: self) }
    init(from message: inout WireReader) throws(WireError) { self = try message.integer() }
}

extension UInt64: WireValue {
    func write(to message: inout WireWriter) { message.put(integer: self) }
    init(from message: inout WireReader) throws(WireError) { self = try message.integer() }
}

extension Int64: WireValue {
    func write(to message: inout WireWriter) { message.put(integer: self) }
    init(from message: inout WireReader) throws(WireError) { self = try message.integer() }
}

/// As 64 bits.
extension Int: WireValue {
    func write(to message: inout WireWriter) { message.put(integer: Int64(self)) }
    init(from message: inout WireReader) throws(WireError) { self = Int(try message.integer() as Int64) }
}

extension Bool: WireValue {
    func write(to message: inout WireWriter) { message.put(UInt8(self ? 1 : 0)) }
    init(from message: inout WireReader) throws(WireError) {
        switch try message.take(UInt8.self) {
        case 0: self = false
        case 1: self = true
        case let other: throw WireError("\(other) is no truth value")
        }
    }
}

extension String: WireValue {
    func write(to message: inout WireWriter) { message.put(Array(utf8)) }
    init(from message: inout WireReader) throws(WireError) {
        let bytes = try message.takeBytes()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError("a text is no UTF-8") }
        self = text
    }
}

extension Optional: WireValue where Wrapped: WireValue {
    func write(to message: inout WireWriter) {
        message.put(self != nil)
        if let self { message.put(self) }
    }
    init(from message: inout WireReader) throws(WireError) {
        self = try message.take(Bool.self) ? try message.take(Wrapped.self) : nil
    }
}

extension Array: WireValue where Element: WireValue {
    func write(to message: inout WireWriter) {
        message.put(UInt32(count))
        for element in self { message.put(element) }
    }
    init(from message: inout WireReader) throws(WireError) {
        let count = try message.take(UInt32.self)
        self = []
        // What is announced and not there ends with the message.
        for _ in 0..<count { append(try message.take(Element.self)) }
    }
}

extension Range: WireValue where Bound: WireValue {
    func write(to message: inout WireWriter) {
        message.put(lowerBound)
        message.put(upperBound)
    }
    init(from message: inout WireReader) throws(WireError) {
        let (lower, upper): (Bound, Bound) = (try message.take(), try message.take())
        guard lower <= upper else { throw WireError("a range ends before it begins") }
        self = lower..<upper
    }
}
