internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// Memory for the stored body of an append, behind room for the header.
///
/// It is a slab of the transport's, which goes to the disk without another copy. What is small is copied out of the slab when it is
/// here: the writer keeps the newest batches for readers at the end, thousands of small ones, and there are not so many slabs.
struct AppendBody {
    /// Up to how many bytes, with the header, a batch is small.
    private static let smallBytes = 8 << 10

    let byteCount: Int
    /// Where header and body are, when the body has been pulled.
    let storage: Payload.Storage
    private let slab: Slab
    private let isSmall: Bool

    /// - Throws: As `SlabDepot.take`.
    init(_ byteCount: Int, from depot: SlabDepot) throws(FabricError) {
        self.byteCount = byteCount
        let room = PortableBatch.slabByteCount(byteCount)
        isSmall = room <= Self.smallBytes
        slab = try depot.take(room)
        storage =
            isSmall
            ? Payload.Storage(byteCount: room)
            : Payload.Storage(writable: UnsafeMutableRawBufferPointer(rebasing: slab.bytes[..<room]), of: slab)
    }

    /// Brings the body here; `arrived` is called when that has happened, and not where the connection ends before.
    func pull(_ payload: IncomingPayload, _ arrived: @escaping @Sendable () -> Void) {
        let place = PortableBatch.headerByteCount..<PortableBatch.headerByteCount + byteCount
        payload.pull(into: slab[place]) { [isSmall, storage, slab] error in
            guard error == nil else { return }
            if isSmall {
                UnsafeMutableRawBufferPointer(rebasing: storage.bytes[place])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: slab.bytes[place]))
            }
            arrived()
        }
    }
}
