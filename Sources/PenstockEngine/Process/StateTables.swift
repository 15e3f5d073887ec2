internal import PenstockEvents

/// The tables of the states of a process in one instance. Belongs to one stage actor and is used on its thread only.
///
/// Where no more than a number of bytes is to be in memory, the states of the keys that have not been used for longest go to disk, and come
/// back as a whole when their key is used. A key in memory has a place in the tables; without such a limit that is its slot.
final class StateTables {
    let definitions: [StateDefinition]
    private let tables: [StateTable]
    private var places = 0
    private let spilled: SpilledStates?
    /// Whether an entry that has an end was written since this was last asked.
    private(set) var mayExpire = false

    init(_ definitions: [StateDefinition], spilled: SpilledStates? = nil) {
        self.definitions = definitions
        self.spilled = spilled
        tables = definitions.map { $0.makeTable($0.timeToLive) }
    }

    /// About how many bytes the states in memory take.
    var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

    /// About how many bytes all states would take in memory.
    var wholeByteCount: Int { byteCount + (spilled?.stateBytes ?? 0) }

    /// How many bytes the states on disk take there.
    var spilledByteCount: Int { spilled?.store.liveBytes ?? 0 }

    /// How many bytes the files on disk take.
    var spilledFileBytes: Int { spilled?.store.fileBytes ?? 0 }

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

    // MARK: Places

    /// The place of the key in a slot, which is being used: brings its states back where they are on disk.
    func open(_ slot: Int) throws -> Int {
        guard spilled != nil else {
            reserve(slot + 1)
            return slot
        }
        switch spilled?.homes.home(of: slot) {
        case .memory(let place):
            spilled?.homes.use(Int(place))
            return Int(place)
        case .disk(let position, let length):
            return try bringBack(slot, SpillStore.Record(position: position, length: length))
        case .nowhere, nil:
            return takePlace(slot)
        }
    }

    /// The place of the key in a slot, or nil where it has none.
    private func place(_ slot: Int) -> Int? {
        guard let spilled else { return slot < places ? slot : nil }
        guard case .memory(let place) = spilled.homes.home(of: slot) else { return nil }
        return Int(place)
    }

    private func takePlace(_ slot: Int) -> Int {
        let place = spilled?.homes.take(slot) ?? slot
        reserve(place + 1)
        return place
    }

    private func reserve(_ count: Int) {
        guard count > places else { return }
        places = max(count, places * 2)
        for table in tables { table.reserve(places) }
    }

    // MARK: Disk

    private func bringBack(_ slot: Int, _ record: SpillStore.Record) throws -> Int {
        guard let states = try spilled?.store.read(record) else { preconditionFailure("nothing was spilled") }
        var decoder = StateDecoder(StateChunk(group: nil, bytes: Array(states)))
        let place = takePlace(slot)
        for table in tables { try table.read(place, from: &decoder) }
        spilled?.stateBytes -= Int(try decoder.integer(Int64.self))
        spilled?.store.drop(record)
        return place
    }

    /// The key in a slot is not being used any more. Moves states to disk until those in memory take no more than they may; those of the key
    /// that was used last stay.
    func settle(_ slot: Int) throws {
        guard let limit = spilled?.memoryLimit else { return }
        if let place = place(slot), isEmpty(atPlace: place) { spilled?.homes.move(slot, to: nil) }
        guard byteCount > limit else { return }
        while byteCount > limit, let (slot, place) = spilled?.homes.leastUsed {
            if isEmpty(atPlace: place) { spilled?.homes.move(slot, to: nil) } else { try spill(slot, at: place) }
        }
        try spilled?.compact()
    }

    private func spill(_ slot: Int, at place: Int) throws {
        var encoder = StateEncoder()
        let before = byteCount
        for table in tables {
            try table.write(place, into: &encoder)
            table.clear(place)
        }
        encoder.put(Int64(before - byteCount))
        spilled?.stateBytes += before - byteCount
        let record = try spilled?.store.append(encoder.bytes)
        spilled?.homes.move(slot, to: record)
    }

    // MARK: Keys

    /// Whether nothing is kept of a key, neither in memory nor on disk.
    func isEmpty(_ slot: Int) -> Bool {
        if let place = place(slot) { return isEmpty(atPlace: place) }
        if case .disk = spilled?.homes.home(of: slot) { return false }
        return true
    }

    private func isEmpty(atPlace place: Int) -> Bool { tables.allSatisfy { $0.isEmpty(place) } }

    /// The key in a slot is forgotten; nothing is kept of it.
    func forget(_ slot: Int) { spilled?.homes.move(slot, to: nil) }

    /// The first instant at which something of the key, which is in memory, is gone.
    func deadline(_ slot: Int) -> Int64? {
        place(slot).flatMap { place in tables.lazy.compactMap { $0.deadline(place) }.min() }
    }

    func expire(_ slot: Int, at clock: Int64) throws {
        let place = try place(slot) ?? open(slot)
        for table in tables { table.expire(place, at: clock) }
    }

    /// What puts back all that is kept of a key now, which is in memory and stays there.
    func keep(_ slot: Int) -> () -> Void {
        guard let place = place(slot) else { preconditionFailure("the key is not in memory") }
        let tables = tables.map { $0.keep(place) }
        return { for putBack in tables { putBack() } }
    }

    // MARK: Checkpoints

    /// What was written of those of the keys that are on disk; read in the order in which it stands there, and not brought back.
    func spilledStates(of slots: [Int]) throws -> [Int: ArraySlice<UInt8>] {
        guard let spilled else { return [:] }
        var states: [Int: ArraySlice<UInt8>] = [:]
        for (slot, record) in spilled.homes.onDisk(among: slots) {
            states[slot] = try spilled.store.read(record).dropLast(MemoryLayout<Int64>.size)
        }
        return states
    }

    /// Writes the states of a key, of which `spilled` has those on disk.
    func write(_ slot: Int, spilled: [Int: ArraySlice<UInt8>], into chunk: inout StateEncoder) throws {
        if let place = place(slot) {
            for table in tables { try table.write(place, into: &chunk) }
        } else if let states = spilled[slot] {
            states.withUnsafeBytes { chunk.put(block: $0) }
        } else {
            // A key that has timers or rows, but no states.
            for table in tables { try table.writeNothing(into: &chunk) }
        }
    }

    func read(_ slot: Int, from chunk: inout StateDecoder) throws {
        let place = try open(slot)
        for table in tables { try table.read(place, from: &chunk) }
    }
}
