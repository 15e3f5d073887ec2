// How the states of an aggregate go into a checkpoint and come back, one by one or as a block of memory.
extension AggregateStore {
    /// How states are written into a checkpoint.
    /// - Throws: `StateNotWritable` where they cannot be.
    func stateCoding() throws(StateNotWritable) -> any ValueCoding {
        guard let coding = kernel.state.coding else { throw StateNotWritable(.states, kernel.state.name) }
        return coding
    }

    /// Writes states one behind the other.
    /// - Throws: what the author's coding throws.
    func write(_ slots: some Collection<UInt32>, _ coding: any ValueCoding, _ chunk: inout StateEncoder) throws {
        if let size = coding.plainByteCount {
            chunk.put(byteCount: slots.count * size) { filler in
                for slot in slots { filler.put(address(slot), byteCount: size) }
            }
        } else {
            for slot in slots { try coding.write(address(slot), &chunk) }
        }
    }

    /// Puts the next state of a checkpoint into a slot that was just allocated.
    /// - Throws: `StateDamaged`; what the author's coding throws.
    func read(_ slot: UInt32, _ coding: any ValueCoding, _ chunk: inout StateDecoder) throws {
        noteFilled(slot)
        let state = address(slot)
        if let size = coding.plainByteCount {
            try chunk.block(size).withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: state, count: size).copyMemory(from: $0)
            }
            return
        }
        kernel.state.destroy?(state, 1)
        do { try coding.read(&chunk, state) } catch {
            kernel.makeState(state)
            throw error
        }
    }
}
