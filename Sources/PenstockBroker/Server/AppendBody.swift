internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// How the stored body of an append comes here, behind room for the header.
///
/// It comes into a slab of the transport's, which goes to the disk without another copy. What is small is copied out of the slab when
/// it is here: the writer keeps the newest batches for readers at the end, thousands of small ones, and there are not so many slabs.
enum AppendBody {
    /// Up to how many bytes, with the header, a batch is small.
    private static let smallBytes = 8 << 10

    /// Brings the body here; `arrived` hears where header and body are, or nil where the connection ends before.
    ///
    /// - Throws: As `SlabDepot.take`.
    static func pull(
        _ payload: IncomingPayload, from depot: SlabDepot, _ arrived: @escaping @Sendable (Payload.Storage?) -> Void
    ) throws(FabricError) {
        let byteCount = PortableBatch.slabByteCount(payload.byteCount)
        let slab = try depot.take(byteCount)
        let place = PortableBatch.headerByteCount..<PortableBatch.headerByteCount + payload.byteCount
        payload.pull(into: slab[place]) { error in
            guard error == nil else { return arrived(nil) }
            guard byteCount <= smallBytes else {
                let memory = UnsafeMutableRawBufferPointer(rebasing: slab.bytes[..<byteCount])
                return arrived(Payload.Storage(writable: memory, of: slab))
            }
            let copy = Payload.Storage(byteCount: byteCount)
            UnsafeMutableRawBufferPointer(rebasing: copy.bytes[place])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: slab.bytes[place]))
            arrived(copy)
        }
    }
}
