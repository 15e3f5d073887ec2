internal import PenstockEvents

/// About how many bytes a value takes: its own, and those of text and lists of plain values behind it.
func stateBytes<Value>(_ value: Value) -> Int {
    let own = MemoryLayout<Value>.stride
    if _isPOD(Value.self) { return own }
    return own + ((value as? any BehindValue)?.bytesBehind ?? 0)
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
