internal import PenstockEvents

/// The keys of the events that a join keeps: their codes, their order, their way into batches and checkpoints.
struct JoinKeys {
    private let stage: StageName
    private var interner = KeyInterner()
    private var column = KeyCodes()
    private var countAtLastSweep = 1024

    init(_ stage: StageName) { self.stage = stage }

    /// The code of each row that counts.
    mutating func codes(of batch: Batch) -> Column<UInt64> {
        column.codes(of: batch, isKeyed: true, &interner, stage)
    }

    /// The bytes of long keys.
    var byteCount: Int { interner.byteCount }

    /// Whether keys are longer than 64 bits.
    var areLong: Bool { interner.count > 0 }

    /// The canonical bytes of a long key, nil for a key of a fixed width.
    func bytes(_ code: UInt64) -> [UInt8]? { interner.key(code) }

    /// Whether one key, which is another one, comes before it.
    @inline(__always) func precedes(_ a: UInt64, _ b: UInt64) -> Bool {
        areLong ? interner.precedes(a, b) : SplitMix64.unmix(a) < SplitMix64.unmix(b)
    }

    /// Puts events into the order of their keys, and those of a key into canonical order.
    func sort(_ events: inout [KeptEvent]) {
        if areLong {
            events.sort { $0.code == $1.code ? $0.place < $1.place : interner.precedes($0.code, $1.code) }
        } else {
            events.sort {
                $0.code == $1.code ? $0.place < $1.place : SplitMix64.unmix($0.code) < SplitMix64.unmix($1.code)
            }
        }
    }

    /// Lets go of long keys but those that `live` gives, whenever their number has doubled.
    mutating func forget(_ live: () -> Set<UInt64>) {
        guard interner.count > countAtLastSweep * 2 else { return }
        interner.keepOnly(live())
        countAtLastSweep = max(interner.count, 1024)
    }

    /// The keys of rows.
    func column(_ codes: [UInt64]) -> KeyColumn {
        let hashes = Column<UInt64>(capacity: codes.count)
        guard areLong else {
            for (row, code) in codes.enumerated() { hashes.values[row] = code }
            return KeyColumn(hashes: hashes, arena: nil)
        }
        var arena = KeyArena(rowCount: codes.count)
        for (row, code) in codes.enumerated() {
            (bytes(code) ?? []).withUnsafeBytes { key in
                hashes.values[row] = XXHash64.hash(key)
                arena.append(key, row: row)
            }
        }
        return KeyColumn(hashes: hashes, arena: arena)
    }

    // MARK: Checkpoints

    /// The key group of a key.
    func group(of code: UInt64) -> UInt16 {
        let hash = bytes(code)?.withUnsafeBytes { XXHash64.hash($0) } ?? code
        return UInt16(KeyRouter.group(of: hash))
    }

    /// Writes a key down.
    func put(_ code: UInt64, into state: inout StateEncoder) {
        let bytes = bytes(code)
        state.put(bytes != nil)
        if let bytes { state.put(bytes) } else { state.put(code) }
    }

    /// The code of the next key that was written down.
    mutating func code(from state: inout StateDecoder) throws -> UInt64 {
        guard try state.bool() else { return try state.integer() }
        let hashes = Column<UInt64>(capacity: 1)
        var arena = KeyArena(rowCount: 1)
        try state.data().withUnsafeBytes { key in
            hashes.values[0] = XXHash64.hash(key)
            arena.append(key, row: 0)
        }
        return interner.code(KeyColumn(hashes: hashes, arena: arena), 0)
    }
}

/// What is written down of each key group, so that instances can share it out anew.
struct GroupedState {
    private var encoders: [UInt16: StateEncoder] = [:]

    mutating func put(_ group: UInt16, _ write: (inout StateEncoder) throws -> Void) rethrows {
        try write(&encoders[group, default: StateEncoder()])
    }

    func write(into state: inout StateWriter) {
        for (group, encoder) in encoders.sorted(by: { $0.key < $1.key }) {
            state.chunk(StateChunk(group: group, bytes: encoder.bytes))
        }
    }
}
