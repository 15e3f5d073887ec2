internal import PenstockEvents

/// What a process has kept of the key whose handler runs. Valid until the handler returns.
public struct KeyedState {
    let tables: StateTables
    /// The place of the key in the tables.
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
