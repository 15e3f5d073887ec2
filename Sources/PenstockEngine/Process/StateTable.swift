internal import PenstockEvents

/// A state of all keys of an instance, by the keys' slots. Belongs to one stage actor and is used on its thread only.
class StateTable {
    let timeToLive: TimeToLive?
    /// About how many bytes the content takes.
    fileprivate(set) var byteCount = 0

    fileprivate init(_ timeToLive: TimeToLive?) { self.timeToLive = timeToLive }

    /// The type that cannot be written, if there is one.
    var unwritableType: String? { preconditionFailure("a table of no type") }

    /// Empties a slot.
    func clear(_ slot: Int) { preconditionFailure("a table of no type") }

    /// Makes room for slots below `count`.
    func reserve(_ count: Int) { preconditionFailure("a table of no type") }

    /// Whether there is nothing in a slot.
    func isEmpty(_ slot: Int) -> Bool { preconditionFailure("a table of no type") }

    /// The first instant at which something in the slot is gone; nil if nothing ever is.
    func deadline(_ slot: Int) -> Int64? { preconditionFailure("a table of no type") }

    /// Removes what is gone at `clock`.
    func expire(_ slot: Int, at clock: Int64) { preconditionFailure("a table of no type") }

    /// What puts back what is in a slot now; no other slot may have changed meanwhile.
    func keep(_ slot: Int) -> () -> Void { preconditionFailure("a table of no type") }

    /// Writes what is in a slot.
    func write(_ slot: Int, into chunk: inout StateEncoder) throws { preconditionFailure("a table of no type") }

    /// Writes what would be written of an empty slot.
    func writeNothing(into chunk: inout StateEncoder) throws { preconditionFailure("a table of no type") }

    /// Brings back what was written; the slot is empty.
    func read(_ slot: Int, from chunk: inout StateDecoder) throws { preconditionFailure("a table of no type") }

    fileprivate func end(_ clock: Int64) -> Int64 {
        guard let timeToLive else { return .max }
        let (end, overflow) = clock.addingReportingOverflow(timeToLive.nanoseconds)
        return overflow ? .max : end
    }
}

/// One value a key.
final class ValueTable<Value>: StateTable {
    private let coding = KeptCoding<Value>()
    private var values: [Kept<Value>?] = []

    override init(_ timeToLive: TimeToLive?) { super.init(timeToLive) }

    func value(_ slot: Int, at clock: Int64) -> Value? {
        guard let kept = values[slot], clock < kept.end else { return nil }
        if timeToLive?.isRenewedByReading == true { values[slot]?.end = end(clock) }
        return kept.value
    }

    func set(_ value: Value?, _ slot: Int, at clock: Int64) {
        if let old = values[slot] { byteCount -= stateBytes(old.value) }
        values[slot] = value.map { Kept(value: $0, end: end(clock)) }
        if let value { byteCount += stateBytes(value) }
    }

    override var unwritableType: String? { coding.unwritableType }

    override func clear(_ slot: Int) { set(nil, slot, at: 0) }

    override func reserve(_ count: Int) {
        while values.count < count { values.append(nil) }
    }

    override func isEmpty(_ slot: Int) -> Bool { values[slot] == nil }

    override func deadline(_ slot: Int) -> Int64? { values[slot].flatMap { $0.end < .max ? $0.end : nil } }

    override func expire(_ slot: Int, at clock: Int64) {
        guard let kept = values[slot], kept.end <= clock else { return }
        set(nil, slot, at: clock)
    }

    override func keep(_ slot: Int) -> () -> Void {
        let (kept, bytes) = (values[slot], byteCount)
        return { [unowned self] in
            values[slot] = kept
            byteCount = bytes
        }
    }

    override func write(_ slot: Int, into chunk: inout StateEncoder) throws {
        chunk.put(values[slot] != nil)
        if let kept = values[slot] { try coding.put(kept, &chunk) }
    }

    override func writeNothing(into chunk: inout StateEncoder) { chunk.put(false) }

    override func read(_ slot: Int, from chunk: inout StateDecoder) throws {
        guard try chunk.bool() else { return }
        let kept = try coding.kept(&chunk)
        values[slot] = kept
        byteCount += stateBytes(kept.value)
    }
}

/// A list a key, in the order in which its elements came.
final class ListTable<Element>: StateTable {
    private let coding = KeptCoding<Element>()
    private var lists: [[Kept<Element>]] = []

    override init(_ timeToLive: TimeToLive?) { super.init(timeToLive) }

    func list(_ slot: Int, at clock: Int64) -> [Element] {
        if timeToLive == nil { return lists[slot].map(\.value) }
        if timeToLive?.isRenewedByReading == true {
            for index in lists[slot].indices where clock < lists[slot][index].end {
                lists[slot][index].end = end(clock)
            }
        }
        return lists[slot].compactMap { clock < $0.end ? $0.value : nil }
    }

    func count(_ slot: Int, at clock: Int64) -> Int {
        timeToLive == nil ? lists[slot].count : lists[slot].count { clock < $0.end }
    }

    func append(_ element: Element, _ slot: Int, at clock: Int64) {
        lists[slot].append(Kept(value: element, end: end(clock)))
        byteCount += stateBytes(element)
    }

    func removeFirst(_ count: Int, _ slot: Int, at clock: Int64) {
        expire(slot, at: clock)
        for kept in lists[slot].prefix(count) { byteCount -= stateBytes(kept.value) }
        lists[slot].removeFirst(min(count, lists[slot].count))
    }

    func set(_ list: [Element], _ slot: Int, at clock: Int64) {
        for kept in lists[slot] { byteCount -= stateBytes(kept.value) }
        lists[slot] = []
        for element in list { append(element, slot, at: clock) }
    }

    override var unwritableType: String? { coding.unwritableType }

    override func clear(_ slot: Int) { set([], slot, at: 0) }

    override func reserve(_ count: Int) {
        while lists.count < count { lists.append([]) }
    }

    override func isEmpty(_ slot: Int) -> Bool { lists[slot].isEmpty }

    override func deadline(_ slot: Int) -> Int64? {
        timeToLive == nil ? nil : lists[slot].lazy.map(\.end).min()
    }

    override func expire(_ slot: Int, at clock: Int64) {
        guard timeToLive != nil, lists[slot].contains(where: { $0.end <= clock }) else { return }
        for kept in lists[slot] where kept.end <= clock { byteCount -= stateBytes(kept.value) }
        lists[slot].removeAll { $0.end <= clock }
    }

    override func keep(_ slot: Int) -> () -> Void {
        let (kept, bytes) = (lists[slot], byteCount)
        return { [unowned self] in
            lists[slot] = kept
            byteCount = bytes
        }
    }

    override func write(_ slot: Int, into chunk: inout StateEncoder) throws {
        chunk.put(UInt64(lists[slot].count))
        for kept in lists[slot] { try coding.put(kept, &chunk) }
    }

    override func writeNothing(into chunk: inout StateEncoder) { chunk.put(UInt64(0)) }

    override func read(_ slot: Int, from chunk: inout StateDecoder) throws {
        for _ in 0..<(try chunk.integer(UInt64.self)) {
            let kept = try coding.kept(&chunk)
            lists[slot].append(kept)
            byteCount += stateBytes(kept.value)
        }
    }
}

/// A table a key.
final class MapTable<EntryKey: EventKey, Value>: StateTable {
    /// A key of an entry; canonical bytes decide what is the same key.
    private struct Name: Hashable {
        let key: EntryKey

        static func == (a: Name, b: Name) -> Bool {
            a.key.withCanonicalBytes { a in b.key.withCanonicalBytes { b in a.elementsEqual(b) } }
        }

        static func < (a: Name, b: Name) -> Bool {
            a.key.withCanonicalBytes { a in b.key.withCanonicalBytes { b in a.lexicographicallyPrecedes(b) } }
        }

        func hash(into hasher: inout Hasher) { key.withCanonicalBytes { hasher.combine(bytes: $0) } }
    }

    private let coding = KeptCoding<Value>()
    private var maps: [[Name: Kept<Value>]] = []

    override init(_ timeToLive: TimeToLive?) { super.init(timeToLive) }

    func value(_ key: EntryKey, _ slot: Int, at clock: Int64) -> Value? {
        guard let kept = maps[slot][Name(key: key)], clock < kept.end else { return nil }
        if timeToLive?.isRenewedByReading == true { maps[slot][Name(key: key)]?.end = end(clock) }
        return kept.value
    }

    func set(_ value: Value?, _ key: EntryKey, _ slot: Int, at clock: Int64) {
        let old = maps[slot].removeValue(forKey: Name(key: key))
        if let old { byteCount -= entryBytes(old.value) }
        guard let value else { return }
        maps[slot][Name(key: key)] = Kept(value: value, end: end(clock))
        byteCount += entryBytes(value)
    }

    /// The entries in the order of their keys' canonical bytes.
    func entries(_ slot: Int, at clock: Int64) -> [(key: EntryKey, value: Value)] {
        let names = maps[slot].filter { clock < $0.value.end }.keys.sorted(by: <)
        return names.compactMap { name in value(name.key, slot, at: clock).map { (name.key, $0) } }
    }

    func removeAll(_ slot: Int) {
        for kept in maps[slot].values { byteCount -= entryBytes(kept.value) }
        maps[slot] = [:]
    }

    private func entryBytes(_ value: Value) -> Int { stateBytes(value) + MemoryLayout<EntryKey>.stride }

    override var unwritableType: String? { coding.unwritableType }

    override func clear(_ slot: Int) { removeAll(slot) }

    override func reserve(_ count: Int) {
        while maps.count < count { maps.append([:]) }
    }

    override func isEmpty(_ slot: Int) -> Bool { maps[slot].isEmpty }

    override func deadline(_ slot: Int) -> Int64? {
        timeToLive == nil ? nil : maps[slot].values.lazy.map(\.end).min()
    }

    override func expire(_ slot: Int, at clock: Int64) {
        guard timeToLive != nil else { return }
        for (_, kept) in maps[slot] where kept.end <= clock { byteCount -= entryBytes(kept.value) }
        maps[slot] = maps[slot].filter { clock < $0.value.end }
    }

    override func keep(_ slot: Int) -> () -> Void {
        let (kept, bytes) = (maps[slot], byteCount)
        return { [unowned self] in
            maps[slot] = kept
            byteCount = bytes
        }
    }

    override func write(_ slot: Int, into chunk: inout StateEncoder) throws {
        chunk.put(UInt64(maps[slot].count))
        for name in maps[slot].keys.sorted(by: <) {
            guard let kept = maps[slot][name] else { continue }
            name.key.withCanonicalBytes { chunk.put($0) }
            try coding.put(kept, &chunk)
        }
    }

    override func writeNothing(into chunk: inout StateEncoder) { chunk.put(UInt64(0)) }

    override func read(_ slot: Int, from chunk: inout StateDecoder) throws {
        for _ in 0..<(try chunk.integer(UInt64.self)) {
            let key = Array(try chunk.data()).withUnsafeBytes { EntryKey(canonicalBytes: $0) }
            let kept = try coding.kept(&chunk)
            maps[slot][Name(key: key)] = kept
            byteCount += entryBytes(kept.value)
        }
    }
}
