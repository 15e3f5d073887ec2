internal import PenstockEvents

/// Slabs of any size for one transport: of each class of sizes a pool that is made when the first slab of it is wanted.
///
/// A class whose pool is empty gives slabs of their own, which are made for one use. So there is always memory; who takes it bounds how
/// much, and a pool that is too small costs time only.
package final class SlabDepot: Sendable {
    /// Bytes of a slab, and how many of them a pool has; the system gives pages of it when they are first used.
    private static let classes = [
        (bytes: 16 << 10, slabs: 2048), (bytes: 80 << 10, slabs: 512), (bytes: 320 << 10, slabs: 128),
        (bytes: 1280 << 10, slabs: 64), (bytes: 5 << 20, slabs: 8),
    ]

    private let transport: any Transport
    private let pools = Guarded([SlabPool?](repeating: nil, count: SlabDepot.classes.count))

    /// A depot without slabs.
    package init(_ transport: any Transport) { self.transport = transport }

    /// A slab of at least `byteCount` bytes.
    /// - Throws: `FabricError` with code `outOfMemory`, or `unavailable` where the fabric refuses the memory.
    package func take(_ byteCount: Int) throws(FabricError) -> Slab {
        if let number = Self.classes.firstIndex(where: { $0.bytes >= byteCount }),
            let slab = try pool(number).take()
        {
            return slab
        }
        let own = try transport.makePool(slabBytes: max(byteCount, 1), slabs: 1)
        guard let slab = own.take() else { preconditionFailure("a new pool has a slab") }
        return slab
    }

    private func pool(_ number: Int) throws(FabricError) -> SlabPool {
        try pools.withLock { pools throws(FabricError) in
            if let pool = pools[number] { return pool }
            let made = try transport.makePool(
                slabBytes: Self.classes[number].bytes, slabs: Self.classes[number].slabs)
            pools[number] = made
            return made
        }
    }
}
