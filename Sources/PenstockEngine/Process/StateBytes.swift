internal import PenstockEvents

/// About how many bytes a value takes: its own, and those of text, payloads, lists of plain values and the records of events behind it.
func stateBytes<Value>(_ value: Value) -> Int {
    let own = MemoryLayout<Value>.stride
    if _isPOD(Value.self) { return own }
    if let value = value as? any BehindValue { return own + value.bytesBehind }
    if let event = value as? any Event { return own + recordBytes(event) }
    return own
}

/// The bytes of an event's attributes and its payload, which is not copied.
private func recordBytes(_ event: some Event) -> Int {
    var records = RecordWriter(expectedRecords: 1)
    records.append(event)
    return records.attributes.count + records.payloads.reduce(0) { $0 + $1.withUnsafeBytes { $0.count } }
}

/// A value most of whose bytes stand elsewhere.
private protocol BehindValue {
    var bytesBehind: Int { get }
}

extension String: BehindValue {
    fileprivate var bytesBehind: Int { utf8.count }
}

extension Array: BehindValue {
    fileprivate var bytesBehind: Int { count * MemoryLayout<Element>.stride }
}

extension Payload: BehindValue {
    fileprivate var bytesBehind: Int { withUnsafeBytes { $0.count } }
}
