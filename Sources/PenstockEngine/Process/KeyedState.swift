internal import PenstockEvents

/// What a process has kept of the key whose handler runs. Valid until the handler returns.
public struct KeyedState {
    let tables: StateTables
    let slot: Int
    let clock: Int64

    /// The value of a state.
    public subscript<Value>(_ state: ValueState<Value>) -> Value? {
        get { tables.table(state, as: ValueTable<Value>.self).value(slot, at: clock) }
        nonmutating set { tables.changing(state, as: ValueTable<Value>.self).set(newValue, slot, at: clock) }
    }

    /// The value of a state, or another where there is none.
    public subscript<Value>(_ state: ValueState<Value>, default value: @autoclosure () -> Value) -> Value {
        get { self[state] ?? value() }
        nonmutating set { self[state] = newValue }
    }

    /// The elements of a list; setting them renews all of them.
    public subscript<Element>(_ state: ListState<Element>) -> [Element] {
        get { tables.table(state, as: ListTable<Element>.self).list(slot, at: clock) }
        nonmutating set { tables.changing(state, as: ListTable<Element>.self).set(newValue, slot, at: clock) }
    }

    /// Puts an element at the end of a list, without touching the others.
    public func append<Element>(_ element: Element, to state: ListState<Element>) {
        tables.changing(state, as: ListTable<Element>.self).append(element, slot, at: clock)
    }

    /// Removes the first elements of a list, at most `count`.
    public func removeFirst<Element>(_ count: Int = 1, of state: ListState<Element>) {
        tables.changing(state, as: ListTable<Element>.self).removeFirst(count, slot, at: clock)
    }

    /// How many elements a list has.
    public func count<Element>(of state: ListState<Element>) -> Int {
        tables.table(state, as: ListTable<Element>.self).count(slot, at: clock)
    }

    /// The value of an entry of a table.
    public subscript<Key, Value>(_ state: MapState<Key, Value>, _ key: Key) -> Value? {
        get { tables.table(state, as: MapTable<Key, Value>.self).value(key, slot, at: clock) }
        nonmutating set { tables.changing(state, as: MapTable<Key, Value>.self).set(newValue, key, slot, at: clock) }
    }

    /// The value of an entry of a table, or another where there is none.
    public subscript<Key, Value>(
        _ state: MapState<Key, Value>, _ key: Key, default value: @autoclosure () -> Value
    ) -> Value {
        get { self[state, key] ?? value() }
        nonmutating set { self[state, key] = newValue }
    }

    /// The entries of a table in the order of their keys.
    public func entries<Key, Value>(of state: MapState<Key, Value>) -> [(key: Key, value: Value)] {
        tables.table(state, as: MapTable<Key, Value>.self).entries(slot, at: clock)
    }

    /// The value of a reducing state.
    public subscript<Value>(_ state: ReducingState<Value>) -> Value? {
        tables.table(state, as: ValueTable<Value>.self).value(slot, at: clock)
    }

    /// Reduces a value into a reducing state. Throws what the function of the state throws.
    public func add<Value>(_ value: Value, to state: ReducingState<Value>) throws {
        let table = tables.changing(state, as: ValueTable<Value>.self)
        let reduced = try table.value(slot, at: clock).map { try state.reduce($0, value) } ?? value
        table.set(reduced, slot, at: clock)
    }

    /// Removes the value of a reducing state.
    public func clear<Value>(_ state: ReducingState<Value>) {
        tables.changing(state, as: ValueTable<Value>.self).set(nil, slot, at: clock)
    }

    /// Removes all elements of a list.
    public func clear<Element>(_ state: ListState<Element>) {
        tables.changing(state, as: ListTable<Element>.self).set([], slot, at: clock)
    }

    /// Removes all entries of a table.
    public func clear<Key, Value>(_ state: MapState<Key, Value>) {
        tables.changing(state, as: MapTable<Key, Value>.self).removeAll(slot)
    }
}

/// The tables of the states of a process in one instance. Belongs to one stage actor and is used on its thread only.
final class StateTables {
    let definitions: [StateDefinition]
    private let tables: [StateTable]
    private var slots = 0
    /// Whether an entry that has an end was written since this was last asked.
    private(set) var mayExpire = false

    init(_ definitions: [StateDefinition]) {
        self.definitions = definitions
        tables = definitions.map { $0.makeTable($0.timeToLive) }
    }

    /// About how many bytes all states take.
    var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

    func reserve(_ count: Int) {
        guard count > slots else { return }
        slots = max(count, slots * 2)
        for table in tables { table.reserve(slots) }
    }

    func table<Table: StateTable>(_ state: some StateDescriptor, as type: Table.Type) -> Table {
        let definition = state.definition
        guard let index = definitions.firstIndex(where: { $0 === definition }) else {
            preconditionFailure("the state \"\(definition.name)\" is not among the states of its process")
        }
        // The descriptor that is the definition's own has made the table.
        return unsafeDowncast(tables[index], to: Table.self)
    }

    func changing<Table: StateTable>(_ state: some StateDescriptor, as type: Table.Type) -> Table {
        let table = table(state, as: type)
        if table.timeToLive != nil { mayExpire = true }
        return table
    }

    func takeMayExpire() -> Bool {
        defer { mayExpire = false }
        return mayExpire
    }

    func isEmpty(_ slot: Int) -> Bool { tables.allSatisfy { $0.isEmpty(slot) } }

    /// The first instant at which something of the key is gone.
    func deadline(_ slot: Int) -> Int64? { tables.lazy.compactMap { $0.deadline(slot) }.min() }

    func expire(_ slot: Int, at clock: Int64) {
        for table in tables { table.expire(slot, at: clock) }
    }

    /// What puts back all that is kept of a key now.
    func keep(_ slot: Int) -> () -> Void {
        let tables = tables.map { $0.keep(slot) }
        return { for putBack in tables { putBack() } }
    }

    func write(_ slot: Int, into chunk: inout StateEncoder) throws {
        for table in tables { try table.write(slot, into: &chunk) }
    }

    func read(_ slot: Int, from chunk: inout StateDecoder) throws {
        for table in tables { try table.read(slot, from: &chunk) }
    }
}
