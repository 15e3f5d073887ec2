/// The states of a stage instance that are on disk, and which keys are where. Belongs to one stage actor and is used on its thread only.
final class SpilledStates {
    /// About how many bytes of states may be in memory.
    let memoryLimit: Int
    let store: SpillStore
    var homes = KeyHomes()
    /// About how many bytes the states on disk would take in memory.
    var stateBytes = 0

    init(memoryLimit: Int, store: SpillStore) {
        self.memoryLimit = memoryLimit
        self.store = store
    }

    /// Moves what lives in files that are mostly dead to the end of the last one.
    func compact() throws {
        while let positions = store.takeSparse() {
            for (slot, record) in homes.onDisk(in: positions) {
                let moved = try store.append(Array(store.read(record)))
                homes.move(slot, to: moved)
                store.drop(record)
            }
        }
    }
}
