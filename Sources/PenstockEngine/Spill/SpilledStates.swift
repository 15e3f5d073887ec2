/// The states of a stage instance that are on disk, and which keys are where.
struct SpilledStates {
    /// About how many bytes of states may be in memory.
    let memoryLimit: Int
    let store: SpillStore
    var homes = KeyHomes()
    /// About how many bytes the states on disk would take in memory.
    var stateBytes = 0

    /// Moves what lives in files that are mostly dead to the end of the last one.
    mutating func compact() throws {
        while let positions = store.sparse {
            for (slot, record) in homes.onDisk(in: positions) {
                let moved = try store.append(Array(store.read(record)))
                homes.move(slot, to: moved)
                store.drop(record)
            }
        }
    }
}
